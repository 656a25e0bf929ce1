import { httpTransport, mucpProtocol } from "@micro/core";
import { describe, expect, it } from "vitest";
import { post, type RawMessage, rawServer } from "./mucp-raw.ts";

const hello = { "Micro-Endpoint": "Say.Hello", "Micro-Id": "7", "Content-Type": "application/octet-stream" };

/** Status of the line and code of the error that an answer tells. */
function told({ start, headers }: RawMessage): { status: number; code: number } {
  return { status: Number(start.split(" ")[1]), code: JSON.parse(headers["Micro-Error"] ?? '{"code":0}').code };
}

describe("a connection that is no good", () => {
  it.each([
    ["no HTTP at all", "POST nonsense\r\n\r\n", 400],
    ["a header without a colon", "POST / HTTP/1.1\r\nnonsense\r\n\r\n", 400],
    ["two lengths that differ", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400],
    ["another verb", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 405],
    ["a body far over the limit", "POST / HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n", 413],
    ["headers over the limit", `POST / HTTP/1.1\r\nX: ${"x".repeat(70_000)}\r\n\r\n`, 431],
    ["headers over the limit that never end", `POST / HTTP/1.1\r\nX: ${"x".repeat(70_000)}`, 431],
    ["too many headers", `POST / HTTP/1.1\r\n${"A: b\r\n".repeat(300)}\r\n`, 431],
    ["another transfer encoding", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501],
  ])("is told what is wrong, in the status and as an error, and closed: %s", async (_what, bytes, status) => {
    await using server = await rawServer();
    await using peer = await server.dial();
    peer.write(bytes);
    const answer = await peer.read();
    expect(told(answer)).toEqual({ status, code: status });
    expect(answer.headers.Connection).toBe("close");
    expect(answer.body).not.toBe("");
    peer.end();
    await peer.closed;
  });

  it("is told so after the calls before it were answered", async () => {
    await using server = await rawServer();
    await using peer = await server.dial();
    peer.write(post(hello, "hi"));
    expect((await peer.read()).body).toBe("hi");
    peer.write("DELETE / HTTP/1.1\r\n\r\n");
    expect(told(await peer.read())).toEqual({ status: 405, code: 405 });
  });

  it.each([
    ["a body shorter than its length", post(hello, "hi").replace("Length: 2", "Length: 200")],
    ["a head that does not end", "POST / HTTP/1.1\r\nHost: a\r\n"],
    ["chunks that do not end", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"],
  ])("is told 408 and closed when a message stands still: %s", async (_what, bytes) => {
    const protocol = mucpProtocol({ transport: httpTransport({ stallTimeoutMs: 30 }) });
    await using server = await rawServer({}, { protocol });
    await using peer = await server.dial();
    peer.write(bytes);
    expect(told(await peer.read())).toEqual({ status: 408, code: 408 });
    peer.end();
    await peer.closed;
  });

  it("may be silent between messages, until it has been so for long", async () => {
    const transport = httpTransport({ stallTimeoutMs: 20 });
    await using server = await rawServer({}, { protocol: mucpProtocol({ transport, serverIdleMs: 300 }) });
    await using peer = await server.dial();
    peer.write(post(hello, "hi"));
    await peer.read();
    await new Promise((resolve) => setTimeout(resolve, 60)); // well beyond what a message may stand still
    peer.write(post(hello, "hi"));
    expect((await peer.read()).body).toBe("hi");
    await peer.closed;
  });
});

describe("a message that is no good", () => {
  const cases: readonly (readonly [string, Record<string, string>, string, number])[] = [
    ["an unknown content type", { ...hello, "Content-Type": "image/png" }, "x", 500],
    ["a body over the limit", hello, "x".repeat(1_001), 413],
    [
      "a body over the limit in an envelope",
      { ...hello, "Content-Type": "application/proto-rpc" },
      `\0\0\0\0\0\0\x03\xe9${"x".repeat(1_001)}`,
      413,
    ],
    ["a block that claims 4 GiB", { ...hello, "Content-Type": "application/proto-rpc" }, "\xff\xff\xff\xff", 400],
    ["a frame that claims more than there is", { ...hello, "Content-Type": "application/grpc" }, "\0\0\0\0\x09ab", 400],
    ["a compressed frame", { ...hello, "Content-Type": "application/grpc" }, "\x01\0\0\0\x02ab", 400],
    ["JSON that ends early", { ...hello, "Content-Type": "application/json-rpc" }, '{"method":', 400],
    ["JSON that nests beyond reason", { ...hello, "Content-Type": "application/json-rpc" }, "[".repeat(900), 400],
    [
      "two values for one",
      { ...hello, "Content-Type": "application/json-rpc" },
      '{"method":"Say.Hello","params":[1,2],"id":1}',
      400,
    ],
    ["no endpoint", { "Micro-Service": "greeter", "Micro-Id": "7" }, "", 400],
    ["nothing at all", {}, "", 400],
    ["an endpoint that nobody has", { ...hello, "Micro-Endpoint": "Say.Nope" }, "", 404],
    ["an endpoint of the language", { ...hello, "Micro-Endpoint": "constructor.prototype" }, "", 404],
  ];

  it.each(cases)("is answered with an error, and the next call as ever: %s", async (_what, headers, body, code) => {
    await using server = await rawServer({}, { maxMessageBytes: 1_000 });
    await using peer = await server.dial();
    peer.write(post(headers, body));
    const answer = await peer.read();
    expect(told(answer)).toEqual({ status: 200, code });
    peer.write(post({ ...hello, "Micro-Id": "8" }, "still here"));
    expect(await peer.read()).toMatchObject({ body: "still here", headers: { "Micro-Id": "8" } });
  });

  it("is answered before its body has come, when that is over the limit", async () => {
    await using server = await rawServer({}, { maxMessageBytes: 1_000 });
    await using peer = await server.dial();
    const [head = ""] = post(hello, "x".repeat(10_000)).split(/(?<=\r\n\r\n)/);
    peer.write(head);
    expect(told(await peer.read())).toEqual({ status: 200, code: 413 });
    peer.write("x".repeat(10_000) + post(hello, "after"));
    expect((await peer.read()).body).toBe("after");
  });
});
