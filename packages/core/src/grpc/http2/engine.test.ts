import { type AddressInfo, createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { accept, connect, type Fields, type HeaderList } from "@micro/http2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CallTarget, ProtocolServer } from "../../protocol/protocol.ts";
import { closeStack } from "../../words/lifecycle.ts";
import { http2Connection } from "./connection.ts";
import { http2Server } from "./server.ts";

describe("gRPC on our own HTTP/2", () => {
  let open = closeStack();
  let port: number;
  let server: ProtocolServer;

  beforeEach(async () => {
    server = http2Server(
      {
        kindOf: (endpoint) => (endpoint === "Say.Hello" ? "unary" : undefined),
        hasHandler: (name) => name === "Say",
        unary: async ({ metadata }, body) =>
          Buffer.from(JSON.stringify({ metadata, body: Buffer.from(body).toString() })),
        stream: async () => undefined,
      },
      { maxMessageBytes: 10_000 },
    );
    const listener = createServer((socket) => server.accept(socket));
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    port = (listener.address() as AddressInfo).port;
    open.defer(() => new Promise<void>((resolve) => listener.close(() => resolve())));
    open.defer(() => server.close());
  });

  afterEach(async () => {
    await open.close();
    open = closeStack();
  });

  const plain = [
    ":method",
    "POST",
    ":scheme",
    "http",
    ":path",
    "/go.micro.srv.greeter.Say/Hello",
    ":authority",
    "here",
    "te",
    "trailers",
  ];

  it("serves calls that carry what the Go gateway forwards from HTTP/1.1", async () => {
    const forwarded = [
      "connection",
      "keep-alive",
      "content-length",
      "999",
      "upgrade",
      "h2c",
      "transfer-encoding",
      "chunked",
      "x-kept",
      "yes",
    ];
    const { status, body } = await raw([...plain, "content-type", "application/grpc", ...forwarded], frame("hello"));
    expect(status).toBe("0");
    const { metadata } = JSON.parse(body);
    expect(metadata).toMatchObject({ "x-kept": "yes" });
    expect(Object.keys(metadata)).not.toEqual(expect.arrayContaining(["connection"]));
  });

  it.each([
    ["gzip", (text: string) => gzipSync(text)],
    ["identity", (text: string) => Buffer.from(text)],
  ])("reads messages of encoding %s", async (encoding, compress) => {
    const headers = [...plain, "content-type", "application/grpc", "grpc-encoding", encoding];
    const { status, body } = await raw(headers, frame(compress("hello"), encoding !== "identity"));
    expect(status).toBe("0");
    expect(JSON.parse(body).body).toBe("hello");
  });

  it.each([
    [
      "an encoding nobody knows",
      ["content-type", "application/grpc", "grpc-encoding", "snappy"],
      () => frame("x", true),
      "12",
    ],
    ["a compressed message without an encoding", ["content-type", "application/grpc"], () => frame("x", true), "3"],
    [
      "what is no gzip",
      ["content-type", "application/grpc", "grpc-encoding", "gzip"],
      () => frame("no gzip", true),
      "3",
    ],
    [
      "a gzip that swells over the limit",
      ["content-type", "application/grpc", "grpc-encoding", "gzip"],
      () => frame(gzipSync(Buffer.alloc(1e6)), true),
      "8",
    ],
    ["a length that lies", ["content-type", "application/grpc"], () => Buffer.from("0000000fff01", "hex"), "3"],
    ["a message over the limit", ["content-type", "application/grpc"], () => frame(Buffer.alloc(10_001)), "8"],
    ["no message", ["content-type", "application/grpc"], () => Buffer.alloc(0), "3"],
    ["a content type nobody reads", ["content-type", "application/grpc+xml"], () => frame("x"), "2"],
  ])("answers %s with a status, and goes on", async (_what, headers, body, expected) => {
    expect((await raw([...plain, ...headers], body())).status).toBe(expected);
    expect((await raw([...plain, "content-type", "application/grpc"], frame("after"))).status).toBe("0");
  });

  it("answers 415 to what is no gRPC", async () => {
    expect((await raw([...plain, "content-type", "text/plain"], frame("x"))).http).toBe("415");
  });

  it("dials again after the server ended the connection, with no call lost", async () => {
    const connection = open.use(http2Connection(`127.0.0.1:${port}`));
    const target: CallTarget = { service: "s", endpoint: "Say.Hello", kind: "unary", contentType: "application/json" };
    const call = () =>
      connection.unary(
        { target, metadata: {}, deadline: Date.now() + 5_000, timeoutMs: 5_000, signal: undefined },
        Buffer.from("x"),
      );
    await call();
    const inFlight = Array.from({ length: 20 }, call);
    const drained = server.drain();
    const outcomes = await Promise.allSettled([...inFlight, ...Array.from({ length: 20 }, call)]);
    await drained;
    // What the drain came too early for says that it surely did not run, so that it may be made again.
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ unprocessed: true });
    await call();
  });

  it("rejects, and does not hang, where something else than gRPC answers", async () => {
    const other = createServer((socket) => socket.resume().end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    open.defer(() => new Promise<void>((resolve) => other.close(() => resolve())));
    const connection = open.use(http2Connection(`127.0.0.1:${(other.address() as AddressInfo).port}`));
    const target: CallTarget = { service: "s", endpoint: "Say.Hello", kind: "unary", contentType: "application/json" };
    const call = connection.unary(
      { target, metadata: {}, deadline: Number.POSITIVE_INFINITY, timeoutMs: undefined, signal: undefined },
      Buffer.from("x"),
    );
    await expect(call).rejects.toMatchObject({ code: 503 });
  });

  it.each([
    ["502", "text/html", 503],
    ["200", "text/html", 500],
    ["404", "text/plain", 501],
  ])("rejects by the HTTP status %s of a proxy that answers with a page of %s", async (status, type, code) => {
    const proxy = createServer((socket) =>
      accept(socket, {
        onStream(stream) {
          stream.respond([":status", status, "content-type", type]);
          stream.write(Buffer.from("<html><body>nobody answers here</body></html>"), true);
        },
      }),
    );
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    open.defer(() => new Promise<void>((resolve) => proxy.close(() => resolve())));
    const connection = open.use(http2Connection(`127.0.0.1:${(proxy.address() as AddressInfo).port}`));
    const target: CallTarget = { service: "s", endpoint: "Say.Hello", kind: "unary", contentType: "application/json" };
    const call = connection.unary(
      { target, metadata: {}, deadline: Number.POSITIVE_INFINITY, timeoutMs: undefined, signal: undefined },
      Buffer.from("x"),
    );
    await expect(call).rejects.toMatchObject({
      code,
      detail: expect.stringContaining(status === "200" ? type : status),
    });
  });

  /** One call made by hand. */
  function raw(
    headers: Fields,
    body: Buffer,
  ): Promise<{ status: string | undefined; http: string | undefined; body: string }> {
    const connection = connect({ host: "127.0.0.1", port });
    open.defer(() => connection.destroy());
    return new Promise((resolve) => {
      let head: HeaderList | undefined;
      let trailers: HeaderList | undefined;
      const chunks: Buffer[] = [];
      const stream = connection.request(
        {
          onHeaders: (_stream, list) => {
            head = list;
          },
          onData: (self, chunk, start, end) => {
            chunks.push(Buffer.from(chunk.subarray(start, end)));
            self.consumed(end - start);
          },
          onTrailers: (_stream, list) => {
            trailers = list;
          },
          onClose: () =>
            resolve({
              http: head?.get(":status"),
              status: (trailers ?? head)?.get("grpc-status"),
              body: Buffer.concat(chunks).subarray(5).toString(),
            }),
        },
        headers,
      );
      stream.write(body, true);
    });
  }
});

function frame(message: string | Uint8Array, compressed = false): Buffer {
  const body = Buffer.from(message);
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}
