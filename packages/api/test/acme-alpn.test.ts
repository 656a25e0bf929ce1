import { X509Certificate } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request as httpsRequest } from "node:https";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { type CloseStack, ConfigError, closeStack, silentLogger, testClock } from "@micro/core";
import { freePort, testCertificate } from "@micro/testbed";
import { axios } from "acme-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AcmeOptions, acmeTls } from "../src/acme/acme.ts";
import { alpnChallenges } from "../src/acme/alpn-challenges.ts";
import type { TlsSource } from "../src/index.ts";
import { startApi } from "./gateway.ts";
import { hasPebble, startPebble } from "./pebble.ts";

let open: CloseStack;
beforeAll(() => {
  open = closeStack();
});
afterAll(() => open.close());

interface Shown {
  readonly protocol: string | false | null;
  readonly certificate: X509Certificate | undefined;
}

/** What a new connection is shown. */
function shown(port: number, protocols: string[], servername = "localhost"): Promise<Shown> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, servername, ALPNProtocols: protocols, rejectUnauthorized: false };
    const socket: TLSSocket = connect(options, () => {
      resolve({ protocol: socket.alpnProtocol, certificate: socket.getPeerX509Certificate() });
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

const portOf = (address: string): number => Number(address.split(":").pop());

test("a challenge that is none is a ConfigError", () => {
  const options = { hosts: ["a.example"], cacheFolder: "/nowhere", challenge: "dns-01" } as unknown as AcmeOptions;
  expect(() => acmeTls(options)).toThrow(ConfigError);
  expect(() => acmeTls(options)).toThrow("expected http-01 or tls-alpn-01");
});

test("while a question is open its handshakes get their answer, and all others what they always get", async () => {
  const { createServer } = await import("node:tls");
  const { testKey } = await import("@micro/testbed");
  const { divertHandshakes } = await import("../src/tls/own-handshakes.ts");
  const challenges = open.use(alpnChallenges());
  if (!challenges.ownHandshakes) throw new Error("they come with handshakes of their own");
  const server = createServer({ cert: testCertificate, key: testKey, ALPNProtocols: ["http/1.1"] }, (socket) =>
    socket.on("error", () => undefined).end("hello"),
  );
  divertHandshakes(server, challenges.ownHandshakes);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const own = new X509Certificate(testCertificate).fingerprint256;

  await expect(shown(port, ["acme-tls/1"])).rejects.toThrow(); // nobody speaks that now
  await challenges.put({ host: "A.example", token: "t", answer: "token.thumbprint" });
  const asked = await shown(port, ["acme-tls/1"], "a.example");
  expect(asked.protocol).toBe("acme-tls/1");
  expect(asked.certificate?.checkHost("a.example")).toBe("a.example");
  expect(asked.certificate?.fingerprint256).not.toBe(own);
  await expect(shown(port, ["acme-tls/1"], "b.example")).rejects.toThrow();
  for (const protocols of [["http/1.1"], ["h2", "http/1.1"], []]) {
    const usual = await shown(port, protocols, "a.example");
    expect(usual.certificate?.fingerprint256).toBe(own);
  }
  // A hello that comes byte by byte is waited for.
  expect(await shownSlowly(port)).toBe(own);
  challenges.remove({ host: "a.example", token: "t" });
  await expect(shown(port, ["acme-tls/1"], "a.example")).rejects.toThrow();
  await new Promise((resolve) => server.close(resolve));
});

/** The certificate of a handshake whose first bytes come one by one. */
async function shownSlowly(port: number): Promise<string | undefined> {
  const { createServer } = await import("node:net");
  const relay = createServer((from) => {
    const to = connectPlain({ host: "127.0.0.1", port, noDelay: true });
    from.once("data", async (hello: Buffer) => {
      for (let at = 0; at < 20; at++) {
        to.write(hello.subarray(at, at + 1));
        await new Promise((resolve) => setImmediate(resolve));
      }
      to.write(hello.subarray(20));
      from.pipe(to);
    });
    to.pipe(from);
    for (const socket of [from, to]) socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  const { certificate } = await shown((relay.address() as { port: number }).port, ["http/1.1"]);
  relay.close();
  return certificate?.fingerprint256;
}

describe.skipIf(!hasPebble())("with a real authority (skipped without Go and without PEBBLE)", () => {
  let directoryUrl: string;
  let tlsPort: number;

  beforeAll(async () => {
    tlsPort = await freePort();
    // Nobody listens where http-01 would ask.
    directoryUrl = await startPebble(open, await freePort(), tlsPort);
    axios.defaults.httpsAgent = new Agent({ ca: testCertificate });
  }, 300_000);

  async function source(options: Partial<AcmeOptions> = {}): Promise<{ tls: TlsSource; cacheFolder: string }> {
    const cacheFolder = options.cacheFolder ?? join(await mkdtemp(join(tmpdir(), "micro-acme-")), "cache");
    open.defer(() => rm(cacheFolder, { recursive: true, force: true }));
    const settings = { hosts: ["localhost"], challenge: "tls-alpn-01", directoryUrl, cacheFolder, ...options } as const;
    return { tls: acmeTls(settings), cacheFolder };
  }

  test("a gateway that serves HTTPS alone gets its certificate there, and renews it while it serves", async () => {
    const clock = testClock(Date.now());
    // A renewal that fails is tried again when its time comes, which nobody else lets come here.
    const failures: string[] = [];
    const error = (line: string | object): void => {
      failures.push(String(line));
      setImmediate(() => void clock.advance(86_400_000));
    };
    const { tls, cacheFolder } = await source({ clock, logger: { ...silentLogger, error } });
    const api = await startApi(open, { address: `127.0.0.1:${tlsPort}` }, { tls });
    const first = (await shown(portOf(api.address), ["http/1.1"])).certificate;
    expect(first?.checkHost("localhost")).toBe("localhost");
    expect(first?.issuer).toContain("Pebble");
    expect(await rootOf(api.address)).toMatchObject({ status: 200, body: expect.stringContaining("version") });

    const seen = new Set<string>();
    const validMs = Date.parse(first?.validTo ?? "") - Date.parse(first?.validFrom ?? "");
    for (let at = 0; at < validMs / 43_200_000; at++) await clock.advance(43_200_000);
    // Callers meanwhile see the old certificate and then the new one, and never that of the challenge.
    await expect
      .poll(
        async () => {
          const { certificate, protocol } = await shown(portOf(api.address), ["http/1.1"]);
          expect(protocol).toBe("http/1.1");
          expect(certificate?.issuer).toContain("Pebble");
          expect(failures.length, failures.join("\n")).toBeLessThan(5);
          return seen.add(certificate?.fingerprint256 ?? "").size;
        },
        { timeout: 60_000, interval: 1 },
      )
      .toBe(2);
    await api.close();

    // What was kept is used at once, without the authority.
    const again = await source({ cacheFolder, directoryUrl });
    const second = await startApi(open, { address: `127.0.0.1:${tlsPort}` }, { tls: again.tls });
    expect(seen).toContain((await shown(portOf(second.address), [])).certificate?.fingerprint256);
    await second.close();
  }, 120_000);

  test("where the question does not arrive the gateway does not start, and says what the authority said", async () => {
    const { tls } = await source();
    const elsewhere = startApi(open, { address: "127.0.0.1:0" }, { tls });
    await expect(elsewhere).rejects.toThrow(/no TLS certificate for localhost .*(?:refused|connect)/i);
  }, 120_000);
});

function rootOf(address: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { rejectUnauthorized: false, servername: "localhost", agent: false } as const;
    httpsRequest(`https://${address}/`, options, (incoming) => {
      let body = "";
      incoming.on("data", (chunk) => (body += chunk));
      incoming.on("end", () => resolve({ status: incoming.statusCode, body }));
    })
      .on("error", reject)
      .end();
  });
}
