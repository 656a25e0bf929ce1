import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CloseStack, ConfigError, closeStack, type Logger, silentLogger, testClock } from "@micro/core";
import { freePort, testCertificate } from "@micro/testbed";
import { axios } from "acme-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AcmeOptions, acmeTls } from "../src/acme/acme.ts";
import { challengeServer } from "../src/acme/challenge-server.ts";
import { hasPebble, startPebble } from "./pebble.ts";

test("without hosts, or with what is none, it refuses to begin", () => {
  for (const hosts of [[], ["*"], ["*.a.example"], ["https://a.example"], ["a b"]])
    expect(() => acmeTls({ hosts, cacheFolder: "/nowhere" })).toThrow(ConfigError);
});

test("plain HTTP answers challenges, and sends its own hosts to HTTPS and nobody else", async () => {
  await using server = challengeServer("127.0.0.1:0", ["a.example"]);
  const address = await server.start();
  const ask = (path: string, host: string) =>
    new Promise<{ status: number | undefined; location: string | undefined }>((resolve, reject) => {
      httpRequest(`http://${address}${path}`, { headers: { host }, agent: false }, (incoming) => {
        incoming.resume();
        resolve({ status: incoming.statusCode, location: incoming.headers.location });
      })
        .on("error", reject)
        .end();
    });
  server.put({ host: "a.example", token: "token", answer: "answer" });
  expect(await ask("/.well-known/acme-challenge/token", "a.example")).toMatchObject({ status: 200 });
  server.remove({ host: "a.example", token: "token" });
  expect(await ask("/x?y=1", "A.example:80")).toEqual({ status: 308, location: "https://a.example/x?y=1" });
  expect(await ask("/x", "evil.example")).toMatchObject({ status: 404 });
});

test("an authority that cannot be reached is said to be so", async () => {
  const cacheFolder = await mkdtemp(join(tmpdir(), "micro-acme-"));
  const directoryUrl = `http://127.0.0.1:${await freePort()}/dir`;
  await using tls = acmeTls({ hosts: ["a.example"], httpAddress: "127.0.0.1:0", directoryUrl, cacheFolder });
  await expect(tls.start(() => undefined)).rejects.toThrow(/cannot be reached: .*ECONNREFUSED/);
  await rm(cacheFolder, { recursive: true });
});

describe.skipIf(!hasPebble())("with a real authority (skipped without Go and without PEBBLE)", () => {
  let open: CloseStack;
  let directoryUrl: string;
  let httpPort: number;

  beforeAll(async () => {
    open = closeStack();
    httpPort = await freePort();
    directoryUrl = await startPebble(open, httpPort);
    // As NODE_EXTRA_CA_CERTS would for an authority of one's own.
    axios.defaults.httpsAgent = new Agent({ ca: testCertificate });
  }, 300_000);
  afterAll(() => open.close());

  async function source(options: Partial<AcmeOptions> = {}) {
    const cacheFolder = options.cacheFolder ?? join(await mkdtemp(join(tmpdir(), "micro-acme-")), "cache");
    open.defer(() => rm(cacheFolder, { recursive: true, force: true }));
    const httpAddress = `127.0.0.1:${httpPort}`;
    return {
      cacheFolder,
      tls: open.use(acmeTls({ hosts: ["localhost"], httpAddress, directoryUrl, cacheFolder, ...options })),
    };
  }

  test("a certificate is obtained once, kept where nobody else reads it, and renewed before it ends", async () => {
    const used: X509Certificate[] = [];
    const use = ({ cert }: { cert?: unknown }): void => void used.push(new X509Certificate(String(cert)));
    const first = await source();
    await first.tls.start(use);
    await first.tls.close();
    expect(used[0]?.checkHost("localhost")).toBe("localhost");
    const modes = await Promise.all(
      (await readdir(first.cacheFolder)).map(async (name) => (await stat(join(first.cacheFolder, name))).mode & 0o777),
    );
    expect(modes).toEqual([0o600, 0o600]);
    expect((await stat(first.cacheFolder)).mode & 0o777).toBe(0o700);

    const clock = testClock(Date.now());
    // A renewal that fails is tried again when its time comes, which nobody else lets come here.
    const error = (): void => void setImmediate(() => void clock.advance(86_400_000));
    const logger: Logger = { ...silentLogger, error };
    const again = await source({ cacheFolder: first.cacheFolder, clock, logger });
    await again.tls.start(use);
    expect(used[1]?.fingerprint256).toBe(used[0]?.fingerprint256);
    const left = Date.parse(used[0]?.validTo ?? "") - clock.now();
    for (let day = 0; day < left / 86_400_000; day++) await clock.advance(43_200_000);
    expect(used).toHaveLength(2);
    const renewed = expect.poll(() => used.length, { timeout: 60_000 });
    for (let day = 0; day < left / 86_400_000 / 2; day++) await clock.advance(43_200_000);
    await renewed.toBeGreaterThan(2);
    expect(used[2]?.fingerprint256).not.toBe(used[0]?.fingerprint256);
    await again.tls.close();
  }, 120_000);

  test("what the authority refuses keeps a gateway without a certificate from starting", async () => {
    const { tls } = await source({ hosts: ["blocked.invalid"] });
    await expect(tls.start(() => undefined)).rejects.toThrow(/no TLS certificate for blocked\.invalid/);
    await tls.close();
  }, 120_000);

  test("a renewal that fails is told, tried again, and leaves the certificate", async () => {
    const lines: string[] = [];
    const logger: Logger = { ...silentLogger, error: (line: string | object) => void lines.push(String(line)) };
    const first = await source();
    await first.tls.start(() => undefined);
    await first.tls.close();
    const clock = testClock(Date.now());
    let used = 0;
    const second = await source({ cacheFolder: first.cacheFolder, clock, logger });
    await second.tls.start(() => void used++);
    const { httpsAgent } = axios.defaults;
    axios.defaults.httpsAgent = new Agent({ ca: [] }); // the authority cannot be trusted for now
    for (let at = 0; at < 130; at++) await clock.advance(43_200_000);
    await expect.poll(() => lines.length, { timeout: 60_000 }).toBe(1);
    axios.defaults.httpsAgent = httpsAgent;
    expect(lines[0]).toContain("cannot renew the TLS certificate for localhost");
    expect(used).toBe(1);
    await expect
      .poll(
        async () => {
          await clock.advance(3_600_000);
          return used;
        },
        { timeout: 60_000 },
      )
      .toBeGreaterThan(1);
    await second.tls.close();
  }, 180_000);
});
