import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { connect } from "node:tls";
import fc from "fast-check";
import { expect, test } from "vitest";
import { maxHelloBytes, offeredProtocols } from "./client-hello.ts";

/** What Node's client begins with. */
async function helloOf(protocols: string[]): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const client = connect({ host: "127.0.0.1", port, servername: "a.example", ALPNProtocols: protocols });
  client.on("error", () => undefined); // there is nobody to answer
  const [socket] = (await once(server, "connection")) as [Socket];
  const [hello] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  client.destroy();
  server.close();
  return hello;
}

const acme = await helloOf(["acme-tls/1"]);

test("the protocols of a hello are told as soon as it is complete", async () => {
  expect(offeredProtocols(acme)).toEqual(["acme-tls/1"]);
  expect(offeredProtocols(await helloOf(["h2", "http/1.1"]))).toEqual(["h2", "http/1.1"]);
  expect(offeredProtocols(Buffer.concat([acme, Buffer.from("more")]))).toEqual(["acme-tls/1"]);
  for (let length = 0; length < acme.length; length++)
    expect(offeredProtocols(acme.subarray(0, length))).toBeUndefined();
});

test("a hello may come in many records", () => {
  const message = acme.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += 50) {
    const part = message.subarray(at, at + 50);
    records.push(Buffer.from([22, 3, 1, 0, part.length]), part);
  }
  expect(offeredProtocols(Buffer.concat(records))).toEqual(["acme-tls/1"]);
});

test("a hello without protocols, and what is no hello, offer none", async () => {
  expect(offeredProtocols(await helloOf([]))).toEqual([]);
  expect(offeredProtocols(Buffer.from("GET / HTTP/1.1\r\n"))).toEqual([]);
  expect(offeredProtocols(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0]))).toEqual([]);
  // One that claims to be longer than any is not waited for.
  expect(offeredProtocols(Buffer.from([22, 3, 1, 0, 4, 1, 255, 255, 255]))).toEqual([]);
  expect(maxHelloBytes).toBeLessThan(2 ** 24);
});

test("whatever bytes come, there is an answer", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => answered(Buffer.from(bytes))));
  fc.assert(
    fc.property(fc.nat(acme.length - 1), fc.nat(255), (at, byte) => {
      const broken = Buffer.from(acme);
      broken[at] = byte;
      answered(broken);
    }),
  );
});

function answered(bytes: Buffer): void {
  const protocols = offeredProtocols(bytes);
  expect(protocols === undefined || Array.isArray(protocols)).toBe(true);
}
