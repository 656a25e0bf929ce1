import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { type CloseStack, ConfigError, closeStack, type Logger, silentLogger, testClock } from "@micro/core";
import { testCertificate, testKey } from "@micro/testbed";
import { crypto } from "acme-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FileTlsOptions, fileTls } from "../src/index.ts";
import { startApi } from "./gateway.ts";

let open: CloseStack;
let folder: string;
let other: { cert: string; key: string };

beforeAll(async () => {
  open = closeStack();
  folder = await mkdtemp(join(tmpdir(), "micro-tls-"));
  open.defer(() => rm(folder, { recursive: true, force: true }));
  const [key, cert] = await crypto.createAlpnCertificate(
    { identifier: { type: "dns", value: "other.example" }, status: "pending", url: "", challenges: [] },
    "any",
  );
  other = { cert: `${cert.toString().replaceAll("\r", "").trimEnd()}\n`, key: key.toString() };
});
afterAll(() => open.close());

let made = 0;

/** Files of their own, with the certificate of tests in them. */
async function files(): Promise<{
  certFile: string;
  keyFile: string;
  write(cert: string, key: string): Promise<void>;
}> {
  const certFile = join(folder, `${++made}.crt`);
  const keyFile = join(folder, `${made}.key`);
  const write = async (cert: string, key: string): Promise<void> => {
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
  };
  await write(testCertificate, testKey);
  return { certFile, keyFile, write };
}

const start = async (options: FileTlsOptions) => (await startApi(open, {}, { tls: fileTls(options) })).address;

/** What a new connection is shown. */
function shown(address: string, options: ConnectionOptions = {}): Promise<string> {
  const [host, port] = address.split(":");
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host, port: Number(port), rejectUnauthorized: false, ...options }, () => {
      resolve(socket.getPeerX509Certificate()?.toString() ?? "");
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

interface Seen {
  status: number | undefined;
  body: string;
}

function get(address: string, path: string, options: ConnectionOptions = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const settings = { rejectUnauthorized: false, agent: false, ...options } as const;
    httpsRequest(`https://${address}${path}`, settings, (incoming) => {
      let body = "";
      incoming.on("data", (chunk) => (body += chunk)).once("end", () => resolve({ status: incoming.statusCode, body }));
    })
      .on("error", reject)
      .end();
  });
}

function errors(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  return { logger: { ...silentLogger, error: (line: string | object) => void lines.push(String(line)) }, lines };
}

test("serves HTTPS, and nothing in clear", async () => {
  const address = await start(await files());
  expect(await get(address, "/")).toMatchObject({ status: 200, body: '{"version": "latest"}' });
  await expect(fetch(`http://${address}/`)).rejects.toThrow();
});

test("new certificates are used for new connections, and the old ones go on", async () => {
  const clock = testClock();
  const { write, ...paths } = await files();
  const { logger, lines } = errors();
  const address = await start({ ...paths, clock, logger });
  expect(await shown(address)).toBe(testCertificate);
  const [host, port] = address.split(":");
  const kept = connect({ host, port: Number(port), rejectUnauthorized: false });
  await once(kept, "secureConnect");
  await write(other.cert, other.key);
  expect(await shown(address)).toBe(testCertificate);
  await clock.advance(10_000);
  await expect.poll(() => shown(address), { timeout: 15_000 }).toBe(other.cert);
  expect(lines).toEqual([]);
  kept.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  const [answer] = await once(kept, "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 200 OK/);
});

test("files that make no sense are told once and change nothing", async () => {
  const clock = testClock();
  const { write, ...paths } = await files();
  const { logger, lines } = errors();
  const address = await start({ ...paths, clock, logger });
  await write(other.cert, testKey);
  await clock.advance(10_000);
  await expect.poll(() => lines.length, { timeout: 15_000 }).toBe(1);
  await clock.advance(10_000);
  expect(lines[0]).toContain("the last good ones stay");
  expect(await shown(address)).toBe(testCertificate);
  await rm(paths.keyFile);
  await expect
    .poll(
      async () => {
        await clock.advance(10_000);
        return lines.length;
      },
      { timeout: 15_000 },
    )
    .toBe(2);
  expect(lines[1]).toContain("ENOENT");
  await write(other.cert, other.key);
  await expect
    .poll(
      async () => {
        await clock.advance(10_000);
        return shown(address);
      },
      { timeout: 15_000 },
    )
    .toBe(other.cert);
});

test("without usable files the gateway does not start", async () => {
  const paths = await files();
  await expect(start({ ...paths, keyFile: join(folder, "none") })).rejects.toThrow(ConfigError);
  await writeFile(paths.certFile, "no certificate");
  await expect(start(paths)).rejects.toThrow(/cannot use TLS files/);
});

test("with a client CA only peers with a certificate of it get in", async () => {
  const paths = await files();
  const address = await start({ ...paths, clientCaFile: paths.certFile });
  await expect(get(address, "/")).rejects.toThrow();
  await expect(get(address, "/", { cert: other.cert, key: other.key })).rejects.toThrow();
  expect(await get(address, "/", { cert: testCertificate, key: testKey })).toMatchObject({ status: 200 });
});

test("an upgrade that is not offered is passed over on TLS as well", async () => {
  const address = await start(await files());
  const [host, port] = address.split(":");
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false });
    let seen = "";
    socket
      .on("data", (chunk) => (seen += chunk))
      .once("end", () => resolve(seen))
      .on("error", reject);
    socket.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n");
  });
  expect(text).toMatch(/^HTTP\/1\.1 200 OK/);
});
