import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HttpMessage, httpReader } from "./reader.ts";
import { HttpSyntaxError } from "./syntax-error.ts";

type Options = Partial<Parameters<typeof httpReader>[0]>;

/** What comes out of a text in portions of `size` bytes, as `start line | headers | body`. */
function read(text: string, { size = text.length || 1, ...options }: Options & { size?: number } = {}): HttpMessage[] {
  const messages: HttpMessage[] = [];
  const reader = httpReader({
    role: "server",
    maxBodyBytes: 1_000,
    onMessage: (each) => messages.push(each),
    ...options,
  });
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  reader.end();
  return messages;
}

function statusOf(text: string, options?: Options): number {
  try {
    read(text, options);
  } catch (reason) {
    if (reason instanceof HttpSyntaxError) return reason.status;
    throw reason;
  }
  return 0;
}

const bodies = (messages: readonly HttpMessage[]): string[] =>
  messages.map(({ body }) => Buffer.from(body).toString("latin1"));

const two =
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nMicro-Id: 1\r\n\r\nabc" +
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1;x=y\r\nf\r\n0\r\nTrailer: x\r\n\r\n";

describe("httpReader", () => {
  it("gives the same messages whatever the portions", () => {
    for (let size = 1; size <= two.length; size++) {
      const messages = read(two, { size });
      expect(bodies(messages)).toEqual(["abc", "def"]);
      expect(messages[0]?.head.headers).toMatchObject({ host: "a", "micro-id": "1" });
    }
  });

  it("takes an empty body said in any of three ways", () => {
    const ways = ["Content-Length: 0\r\n\r\n", "\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"];
    for (const way of ways) expect(bodies(read(`POST / HTTP/1.1\r\n${way}`))).toEqual([""]);
  });

  it("keeps the first of two values, and reads UTF-8 and what is not", () => {
    const [message] = read(
      "POST / HTTP/1.1\r\nX-A: one\r\nx-a: two\r\nX-B:  gr\xc3\xbc\xc3\x9fe \r\nX-C: \xff\r\n\r\n",
    );
    expect(message?.head.headers).toEqual({ "x-a": "one", "x-b": "grüße", "x-c": "\xff" });
  });

  it("knows a caller that hangs up after its answer", () => {
    const connection = (text: string): string | undefined => read(text)[0]?.head.headers.connection;
    expect(connection("POST / HTTP/1.0\r\n\r\n")).toBe("close");
    expect(connection("POST / HTTP/1.1\r\nConnection: close\r\n\r\n")).toBe("close");
    expect(connection("POST / HTTP/1.1\r\n\r\n")).toBeUndefined();
  });

  it("reads responses, without the provisional ones", () => {
    const text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    expect(bodies(read(text, { role: "client" }))).toEqual(["ok"]);
  });

  it("takes a response without a length to the end of the connection", () => {
    expect(bodies(read("HTTP/1.1 502 Bad Gateway\r\n\r\nout of order", { role: "client" }))).toEqual(["out of order"]);
  });

  it("gives a body over the limit at once as none, skips it, and finds the next message", () => {
    for (const size of [7, 4_000]) {
      const fixed = `POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n${"x".repeat(1_001)}${two}`;
      const chunked = `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n${"x".repeat(1_001)}\r\n0\r\n\r\n${two}`;
      for (const text of [fixed, chunked]) {
        const messages = read(text, { size });
        expect(messages.map(({ tooLarge }) => tooLarge)).toEqual([true, false, false]);
        expect(bodies(messages)).toEqual(["", "abc", "def"]);
      }
    }
  });

  it("refuses a body far over the limit before it comes, and one that never ends", () => {
    expect(statusOf("POST / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n")).toBe(413);
    const endless = `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${`100\r\n${"x".repeat(256)}\r\n`.repeat(100)}`;
    expect(statusOf(endless)).toBe(413);
  });

  it("refuses heads over the limits, whole or not", () => {
    expect(statusOf(`POST / HTTP/1.1\r\nX: ${"x".repeat(500)}\r\n\r\n`, { maxHeadBytes: 400 })).toBe(431);
    expect(statusOf(`POST / HTTP/1.1\r\nX: ${"x".repeat(500)}`, { maxHeadBytes: 400 })).toBe(431);
    expect(statusOf(`POST / HTTP/1.1\r\n${"A: b\r\n".repeat(5)}\r\n`, { maxHeaders: 4 })).toBe(431);
    expect(statusOf(`POST / HTTP/1.1\r\n${"A: b\r\n".repeat(4)}\r\n`, { maxHeaders: 4 })).toBe(0);
  });

  it.each([
    ["a line end without carriage return", "POST / HTTP/1.1\nHost: a\n\n", 400],
    ["another version", "POST / HTTP/2.0\r\n\r\n", 400],
    ["no start line", "\r\n\r\n", 400],
    ["a header without a colon", "POST / HTTP/1.1\r\nnonsense\r\n\r\n", 400],
    ["a header without a name", "POST / HTTP/1.1\r\n: x\r\n\r\n", 400],
    ["a space before the colon", "POST / HTTP/1.1\r\nContent-Length : 3\r\n\r\nabc", 400],
    ["a folded header", "POST / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400],
    ["a control character", "POST / HTTP/1.1\r\nA: b\x00c\r\n\r\n", 400],
    ["two lengths", "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400],
    ["a length and chunks", "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", 400],
    ["a negative length", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400],
    ["a length with a sign", "POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc", 400],
    ["a length that is a list", "POST / HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\nabc", 400],
    ["another transfer encoding", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501],
    ["a chunk without a length", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400],
    ["a chunk longer than it says", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", 400],
    [
      "a chunk's line that never ends",
      `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;${"x".repeat(2_000)}`,
      400,
    ],
    [
      "trailers that never end",
      `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${"A: b\r\n".repeat(65)}`,
      431,
    ],
    ["an end in the middle of a head", "POST / HTTP/1.1\r\nHost", 400],
    ["an end in the middle of a body", "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc", 400],
    ["an end in the middle of a chunk", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", 400],
  ])("refuses %s", (_what, text, status) => {
    expect(statusOf(text)).toBe(status);
  });

  it("throws nothing but its own error, whatever the bytes", () => {
    const pieces = fc.constantFrom(
      "POST / HTTP/1.1\r\n",
      "HTTP/1.1 200 OK\r\n",
      "Content-Length: ",
      "Transfer-Encoding: chunked\r\n",
      "\r\n",
      "\r\n\r\n",
      "5",
      "0\r\n\r\n",
      "abc",
      ":",
      " ",
      "\x00",
    );
    const text = fc.array(fc.oneof(pieces, fc.string({ unit: "binary", maxLength: 5 })), { maxLength: 30 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 50 }), fc.constantFrom("server", "client"), (parts, size, role) => {
        statusOf(parts.join(""), { role, size } as Options);
      }),
      { numRuns: 2_000 },
    );
  });
});
