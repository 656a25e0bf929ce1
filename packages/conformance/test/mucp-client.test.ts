import { legacyMucp, mucp, mucpProtocol, noDeadline, type OutgoingCall } from "@micro/core";
import { describe, expect, it } from "vitest";
import { ok, rawListener, rawServer } from "./mucp-raw.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
const text = (body: Uint8Array): string => Buffer.from(body).toString("latin1");

function call(changes: Partial<OutgoingCall> & Partial<OutgoingCall["target"]> = {}): OutgoingCall {
  const { contentType = "application/json", endpoint = "Say.Hello", kind = "unary", ...rest } = changes;
  const target = { service: "greeter", endpoint, kind, contentType };
  return { target, metadata: {}, deadline: noDeadline, timeoutMs: undefined, signal: undefined, ...rest };
}

async function* each(...texts: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const one of texts) yield bytes(one);
}

describe("connections of a client of mucp", () => {
  it("serve 1,000 calls one after another on one", async () => {
    const peers = new Set<string>();
    await using server = await rawServer({
      async unary(incoming, body) {
        peers.add(incoming.peer);
        return body;
      },
    });
    await using connection = mucp.connect(server.address);
    for (let index = 0; index < 1_000; index++) {
      expect(text(await connection.unary(call(), bytes(`"${index}"`)))).toBe(`"${index}"\n`);
    }
    expect(peers.size).toBe(1);
  });

  it("are as good as before after an error", async () => {
    const peers = new Set<string>();
    await using server = await rawServer({
      async unary(incoming, body) {
        peers.add(incoming.peer);
        if (text(body).trim() === "0") throw new Error("boom");
        return body;
      },
    });
    await using connection = mucp.connect(server.address);
    for (const contentType of ["application/json", "application/protobuf", "application/octet-stream"]) {
      await expect(connection.unary(call({ contentType }), bytes("0"))).rejects.toMatchObject({ detail: "boom" });
      expect(text(await connection.unary(call({ contentType }), bytes("1"))).trim()).toBe("1");
      await expect(connection.unary(call({ endpoint: "Say.Nope", contentType }), bytes("1"))).rejects.toMatchObject({
        code: 404,
      });
    }
    expect(peers.size).toBe(1);
  });

  it("are dialled anew when the server has closed the idle one", async () => {
    await using listener = await rawListener();
    await using connection = mucp.connect(listener.address);
    for (const round of [1, 2]) {
      const calling = connection.unary(call(), bytes("1"));
      const peer = await listener.accept();
      const { headers } = await peer.read();
      peer.write(ok({ "Micro-Id": headers["Micro-Id"] as string, "Content-Type": "application/json" }, "1"));
      await calling;
      expect(listener.accepted).toBe(round);
      await peer[Symbol.asyncDispose]();
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it("are not used again when the server says so, speaks unasked, or answers gRPC's types", async () => {
    const cases = [
      { contentType: "application/json", reply: ok({ Connection: "close" }, "1") },
      { contentType: "application/json", reply: ok({}, "1") + ok({}, "2") },
      { contentType: "application/grpc+proto", reply: ok({}, "\0\0\0\0\x011") },
    ];
    for (const { contentType, reply } of cases) {
      await using listener = await rawListener();
      await using connection = mucpProtocol({ wireTypes: () => undefined }).connect(listener.address);
      for (const round of [1, 2]) {
        const calling = connection.unary(call({ contentType }), bytes("1"));
        const peer = await listener.accept();
        await peer.read();
        peer.write(reply);
        expect(text(await calling)).toBe("1");
        expect(listener.accepted).toBe(round);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  });

  it("are closed when they have been idle", async () => {
    await using listener = await rawListener();
    await using connection = mucpProtocol({ idleMs: 20 }).connect(listener.address);
    const calling = connection.unary(call(), bytes("1"));
    const peer = await listener.accept();
    await peer.read();
    peer.write(ok({}, "1"));
    await calling;
    await peer.closed;
  });
});

describe("the id of an answer", () => {
  const answers = [
    ["a value", { "Micro-Id": "7" }, "1"],
    ["a value under the older name", { "X-Micro-Id": "7" }, "1"],
    ["an error", { "Micro-Id": "7", "Micro-Error": '{"id":"a","code":404,"detail":"b"}' }, ""],
  ] as const;
  it.each(answers)(
    "that is another call's makes %s 503, which names both, and ends the connection",
    async (...given) => {
      const [, headers, body] = given;
      await using listener = await rawListener();
      await using connection = mucp.connect(listener.address);
      const calling = connection.unary(call(), bytes("1"));
      const peer = await listener.accept();
      await peer.read();
      peer.write(ok(headers, body));
      const detail = `${listener.address} answered request 0, Say.Hello, with a reply to request 7`;
      await expect(calling).rejects.toMatchObject({ id: "go.micro.client", code: 503, detail });
      await peer.closed;
      const next = connection.unary(call(), bytes("1"));
      const other = await listener.accept();
      await other.read();
      other.write(ok({ "Micro-Id": "1" }, "2"));
      expect(text(await next)).toBe("2");
    },
  );

  // go-micro's http transport begins each answer with the headers of its connection's first request.
  it.each([
    ["the older name tells this call's", mucp, { "X-Micro-Id": "1" }, "2", "2"],
    ["the node is of go-micro v0, which tells none", legacyMucp, {}, '{"id":"1","result":2,"error":null}', "2"],
    ["nobody tells any", mucp, { "Micro-Id": "" }, "2", "2"],
  ])("may be the connection's first where %s", async (_where, protocol, headers, body, value) => {
    await using listener = await rawListener();
    await using connection = protocol.connect(listener.address);
    const first = connection.unary(call(), bytes("1"));
    const peer = await listener.accept();
    await peer.read();
    peer.write(ok({ "Micro-Id": "0" }, protocol === mucp ? "1" : '{"id":"0","result":1,"error":null}'));
    expect(text(await first)).toBe("1");
    const second = connection.unary(call(), bytes("1"));
    await peer.read();
    peer.write(ok({ "Micro-Id": "0", ...headers }, body));
    expect(text(await second)).toBe(value);
    expect(listener.accepted).toBe(1);
  });

  it("may be the connection's first where go-micro refuses a content type, which is told", async () => {
    await using listener = await rawListener();
    await using connection = mucp.connect(listener.address);
    const refused = connection.unary(call(), bytes("1"));
    const peer = await listener.accept();
    await peer.read();
    peer.write(ok({ "Micro-Id": "7", "Content-Type": "text/plain" }, "Unsupported Content-Type: x"));
    await expect(refused).rejects.toMatchObject({ code: 500, detail: "Unsupported Content-Type: x" });
  });
});

describe("content types of a client of mucp", () => {
  it.each([
    [mucp, "application/json", "application/json", "{}\n"],
    [mucp, "application/grpc+json", "application/json", "{}\n"],
    [mucp, "application/protobuf", "application/proto-rpc", "\0\0\0\x0b\n\tSay.Hello\0\0\0\x02{}"],
    [mucp, "application/grpc+proto", "application/proto-rpc", "\0\0\0\x0b\n\tSay.Hello\0\0\0\x02{}"],
    [mucp, "application/octet-stream", "application/octet-stream", "{}"],
    [mucp, "application/json-rpc", "application/json-rpc", '{"method":"Say.Hello","params":[{}],"id":"0"}\n'],
    [legacyMucp, "application/json", "application/json-rpc", '{"method":"Say.Hello","params":[{}],"id":"0"}\n'],
    [legacyMucp, "application/protobuf", "application/proto-rpc", "\0\0\0\x0b\n\tSay.Hello\0\0\0\x02{}"],
    [legacyMucp, "application/octet-stream", "application/octet-stream", "\0\0\0\x0b\n\tSay.Hello\0\0\0\x02{}"],
  ])("are sent as servers lose least under: $name, %s as %s", async (protocol, asked, sent, body) => {
    await using listener = await rawListener();
    await using connection = protocol.connect(listener.address);
    void connection.unary(call({ contentType: asked }), bytes("{}")).catch(() => undefined);
    const peer = await listener.accept();
    const request = await peer.read();
    expect([request.headers["Content-Type"], request.headers.Accept, request.body]).toEqual([sent, sent, body]);
    await peer[Symbol.asyncDispose]();
  });

  it("are refused with 500 before anything is sent when nobody knows them", async () => {
    await using listener = await rawListener();
    await using connection = mucp.connect(listener.address);
    const calling = connection.unary(call({ contentType: "application/x-unknown" }), bytes(""));
    await expect(calling).rejects.toMatchObject({
      code: 500,
      detail: "Unsupported Content-Type: application/x-unknown",
    });
    expect(listener.accepted).toBe(0);
  });
});

describe("answers to a client of mucp", () => {
  it.each([
    [
      "error JSON",
      ok({ "Micro-Error": '{"id":"a","code":404,"detail":"b"}' }),
      { id: "a", code: 404, detail: "b", answered: true },
    ],
    ["plain words", ok({ "Micro-Error": "plain err" }), { code: 500, detail: "plain err", answered: true }],
    ["an error under the older name", ok({ "X-Micro-Error": "plain err" }), { code: 500, detail: "plain err" }],
    ["go-micro's for an unknown handler", ok({ "Micro-Error": "rpc: can't find service Say" }), { code: 404 }],
    [
      "go-micro's for an unknown content type",
      ok({ "Content-Type": "text/plain" }, "Unsupported Content-Type: x"),
      { code: 500, detail: "Unsupported Content-Type: x", answered: true },
    ],
    ["the end of a stream that nobody opened", ok({ "Micro-Error": "EOS" }), { code: 503 }],
    [
      "another status",
      "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nouch",
      { code: 502, detail: "502 Bad Gateway: ouc", answered: true },
    ],
    ["another status without a length", "HTTP/1.0 404 Not Found\r\n\r\n", { code: 404, answered: true }],
    ["a redirection", "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", { code: 500, answered: true }],
    ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", { code: 500, answered: false }],
    ["a length that is a lie", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", { code: 503, unprocessed: false }],
    ["nothing", "", { code: 503, unprocessed: false }],
  ])("become errors: %s", async (_what, answer, expected) => {
    await using listener = await rawListener();
    await using connection = mucp.connect(listener.address);
    const outcome = connection.unary(call(), bytes("{}")).catch((reason: unknown) => reason);
    const peer = await listener.accept();
    await peer.read();
    peer.write(answer);
    peer.end();
    expect(await outcome).toMatchObject(expected);
  });

  it("become 500 when their framing lies", async () => {
    await using listener = await rawListener();
    await using connection = mucp.connect(listener.address);
    const outcome = connection
      .unary(call({ contentType: "application/protobuf" }), bytes("x"))
      .catch((reason: unknown) => reason);
    const peer = await listener.accept();
    await peer.read();
    peer.write(ok({}, "\0\0\xff\xff lies"));
    expect(await outcome).toMatchObject({ id: "go.micro.client.codec", code: 500 });
  });
});

describe("streams of a client of mucp", () => {
  it("open with a message of their own, and end by EOS without closing", async () => {
    await using listener = await rawListener();
    await using connection = mucp.connect(listener.address);
    const replies: string[] = [];
    const streaming = (async () => {
      for await (const reply of connection.stream(call({ kind: "duplex", timeoutMs: 5_000 }), each("1")))
        replies.push(text(reply));
    })();
    const peer = await listener.accept();
    const [opening, message, end] = [await peer.read(), await peer.read(), await peer.read()];
    const id = opening.headers["Micro-Id"] as string;
    expect(opening).toMatchObject({ body: "", headers: { "Micro-Stream": id, Timeout: "5000000000" } });
    expect(message).toMatchObject({
      body: "1\n",
      headers: { "Micro-Stream": id, "Micro-Id": id, "Micro-Endpoint": "Say.Hello" },
    });
    expect(message.headers.Timeout).toBeUndefined();
    expect(end).toMatchObject({ body: "", headers: { "Micro-Stream": id, "Micro-Error": "EOS" } });
    peer.write(ok({}, "2") + ok({}, "3") + ok({ "Micro-Error": "EOS" }));
    await streaming;
    expect(replies).toEqual(["2", "3"]);
    await peer.closed;
  });

  it("of one reply are over with it, since go-micro tells no end to who has ended first", async () => {
    await using listener = await rawListener();
    await using connection = mucp.connect(listener.address);
    const streaming = (async () => {
      const replies: string[] = [];
      for await (const reply of connection.stream(call({ kind: "client-stream" }), each("1", "2")))
        replies.push(text(reply));
      return replies;
    })();
    const peer = await listener.accept();
    for (let count = 0; count < 4; count++) await peer.read();
    peer.write(ok({}, "3"));
    expect(await streaming).toEqual(["3"]);
  });

  it("of one request never say that it has ended, and in protobuf open with it", async () => {
    for (const [contentType, opening] of [
      ["application/json", ["", "1\n"]],
      ["application/protobuf", ["\0\0\0\0\x011"]],
    ] as const) {
      await using listener = await rawListener();
      await using connection = mucp.connect(listener.address);
      const streaming = (async () => {
        for await (const _reply of connection.stream(call({ kind: "server-stream", contentType }), each("1")));
      })();
      const peer = await listener.accept();
      for (const body of opening) expect((await peer.read()).body).toBe(body);
      peer.write(ok({ "Micro-Error": "EOS" }));
      await streaming;
      await peer.closed;
      expect(peer.all).not.toContain("EOS");
    }
  });
});
