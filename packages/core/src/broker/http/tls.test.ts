import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { memoryRegistry } from "../../registry/memory.ts";
import { silentLogger } from "../../words/logger.ts";
import { httpBroker } from "./http.ts";

function certificate(): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), "http-broker-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=broker", "-addext", "subjectAltName=IP:127.0.0.1"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync("openssl", ["req", "-x509", ...curve, ...subject, "-days", "2", "-keyout", key, "-out", cert], {
    stdio: "ignore",
  });
  const made = { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  rmSync(folder, { recursive: true });
  return made;
}

it("delivers over TLS to subscribers whose authority is trusted, and to no others", async () => {
  const { cert, key } = certificate();
  const registry = memoryRegistry();
  const quick = { registry, noticeMs: 0, unknownMs: 0, drainTimeoutMs: 100 };
  await using subscriber = httpBroker({ ...quick, tls: { cert, key } });
  const got: string[] = [];
  let wake: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => {
    wake = resolve;
  });
  await subscriber.subscribe("greeted", ({ message: { body } }) => {
    got.push(Buffer.from(body).toString());
    wake();
  });
  const [record] = await registry.getService("micro.http.broker");
  expect(record?.nodes[0]?.metadata.secure).toBe("true");

  let warn: (text: string) => void = () => undefined;
  const warned = new Promise<string>((resolve) => {
    warn = resolve;
  });
  const logger = { ...silentLogger, warn: (text: unknown) => warn(String(text)) };
  await using stranger = httpBroker({ ...quick, logger });
  await stranger.publish("greeted", { headers: {}, body: Buffer.from("from a stranger") });
  expect(await warned).toContain("cannot be reached: self-signed certificate");

  await using friend = httpBroker({ ...quick, clientTls: { ca: cert } });
  await friend.publish("greeted", { headers: {}, body: Buffer.from("from a friend") });
  await arrived;
  expect(got).toEqual(["from a friend"]);
});
