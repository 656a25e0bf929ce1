import { type IncomingCall, MicroError, type MucpEvent, mucpProtocol } from "@micro/core";
import { describe, expect, it } from "vitest";
import { post, rawServer } from "./mucp-raw.ts";

const hello = {
  "Micro-Service": "greeter",
  "Micro-Endpoint": "Say.Hello",
  "Micro-Id": "7",
  "Content-Type": "application/json",
};
const chat = { "Micro-Endpoint": "Say.Chat", "Micro-Id": "3", "Micro-Stream": "3", "Content-Type": "application/json" };
const text = (body: Uint8Array): string => Buffer.from(body).toString();

describe("a bare JSON-RPC call without any header of mucp", () => {
  const request = '{"method":"Say.Hello","params":[{"name":"ann"}],"id":1}';

  it.each([
    ["as curl -d sends it", { "Content-Type": "application/x-www-form-urlencoded" }],
    ["as JSON", { "Content-Type": "application/json; charset=utf-8" }],
    ["under its own type", { "Content-Type": "application/json-rpc" }],
    ["without a content type", {}],
  ] as const)("is answered with its id and the value: %s", async (_how, headers) => {
    const calls: IncomingCall[] = [];
    await using server = await rawServer({
      async unary(call, body) {
        calls.push(call);
        return body;
      },
    });
    await using peer = await server.dial();
    peer.write(post(headers, request));
    const reply = await peer.read();
    expect(JSON.parse(reply.body)).toEqual({ id: 1, result: { name: "ann" }, error: null });
    expect(reply.headers["Content-Type"]).toMatch(/^application\/json/);
    expect(calls[0]).toMatchObject({ endpoint: "Say.Hello", contentType: "application/json-rpc" });
  });

  it("is answered with its error inside the JSON, and in the header", async () => {
    await using server = await rawServer({
      unary: async () => {
        throw new MicroError("greeter", 404, "no such user");
      },
    });
    await using peer = await server.dial();
    peer.write(post({}, request));
    const reply = await peer.read();
    const error = '{"id":"greeter","code":404,"detail":"no such user","status":"Not Found"}';
    expect(JSON.parse(reply.body)).toEqual({ id: 1, result: null, error });
    expect(reply.headers["Micro-Error"]).toBe(error);
  });

  it("is answered in order when several come at once", async () => {
    await using server = await rawServer({
      async unary(_call, body) {
        // The first takes longest.
        for (let turns = text(body) === '"a"' ? 5 : 0; turns > 0; turns--)
          await new Promise((resolve) => setImmediate(resolve));
        return body;
      },
    });
    await using peer = await server.dial();
    peer.write(["a", "b", "c"].map((each) => post({}, `{"method":"Say.Hello","params":["${each}"],"id":1}`)).join(""));
    const results = [await peer.read(), await peer.read(), await peer.read()].map(
      ({ body }) => JSON.parse(body).result,
    );
    expect(results).toEqual(["a", "b", "c"]);
  });

  it("is told to open a stream for an endpoint that is one", async () => {
    await using server = await rawServer();
    await using peer = await server.dial();
    peer.write(post({}, '{"method":"Say.Chat","params":[{}],"id":1}'));
    expect((await peer.read()).headers["Micro-Error"]).toContain("Micro-Stream");
  });
});

describe("a server of mucp", () => {
  it("answers with the call's id under both names, and the content type of the request", async () => {
    await using server = await rawServer();
    await using peer = await server.dial();
    peer.write(post(hello, '{"name":"ann"}'));
    expect(await peer.read()).toEqual({
      start: "HTTP/1.1 200 OK",
      headers: { "Content-Length": "15", "Content-Type": "application/json", "Micro-Id": "7", "X-Micro-Id": "7" },
      body: '{"name":"ann"}\n',
    });
  });

  it("finds the endpoint by any of the names that peers use", async () => {
    await using server = await rawServer();
    await using peer = await server.dial();
    for (const name of ["Micro-Endpoint", "Micro-Method", "X-Micro-Endpoint", "X-Micro-Method", "micro-endpoint"]) {
      peer.write(post({ [name]: "Say.Hello", "Micro-Id": "1", "Content-Type": "application/json" }, '{"a":1}'));
      const { headers, body } = await peer.read();
      expect([headers["Micro-Error"], body]).toEqual([undefined, '{"a":1}\n']);
    }
  });

  it("takes a message with Micro-Target for one of an old peer", async () => {
    await using server = await rawServer();
    await using peer = await server.dial();
    const body = '{"method":"Say.Hello","params":[{"a":1}],"id":"x"}';
    peer.write(
      post({ "Micro-Target": "greeter", "Micro-Method": "Say.Hello", "Content-Type": "application/json" }, body),
    );
    expect(JSON.parse((await peer.read()).body)).toEqual({ id: "x", result: { a: 1 }, error: null });
  });

  it("tells handlers every header, both addresses and the deadline", async () => {
    const calls: IncomingCall[] = [];
    await using server = await rawServer({
      async unary(call, body) {
        calls.push(call);
        return body;
      },
    });
    await using peer = await server.dial();
    peer.write(post({ ...hello, "X-Trace": "7", Remote: "forged:1", Timeout: "60000000000" }, "{}"));
    await peer.read();
    const [call] = calls;
    expect(call?.metadata).toMatchObject({
      "x-trace": "7",
      "micro-id": "7",
      local: server.address,
      remote: call?.peer,
    });
    expect(call?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect((call?.deadline ?? 0) - Date.now()).toBeGreaterThan(30_000);
  });

  it.each(["-1", "0", "soon", "1e9", "99999999999999999999999"])("takes a timeout of %s for none", async (timeout) => {
    const deadlines: number[] = [];
    await using server = await rawServer({
      async unary(call, body) {
        deadlines.push(call.deadline);
        return body;
      },
    });
    await using peer = await server.dial();
    peer.write(post({ ...hello, Timeout: timeout }, "{}"));
    await peer.read();
    expect(deadlines).toEqual([Number.POSITIVE_INFINITY]);
  });

  it("answers calls with ids at once, whichever is ready first", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using server = await rawServer({
      async unary(_call, body) {
        if (text(body) === "1") await held;
        return body;
      },
    });
    await using peer = await server.dial();
    peer.write(post({ ...hello, "Micro-Id": "1" }, "1") + post({ ...hello, "Micro-Id": "2" }, "2"));
    expect((await peer.read()).headers["Micro-Id"]).toBe("2");
    release();
    expect((await peer.read()).headers["Micro-Id"]).toBe("1");
  });

  it("closes after its answer when the caller asks for that", async () => {
    await using server = await rawServer();
    await using peer = await server.dial();
    peer.write(post({ ...hello, Connection: "close" }, "{}"));
    expect((await peer.read()).headers.Connection).toBe("close");
    await peer.closed;
  });

  it("asks callers to leave while it drains", async () => {
    await using server = await rawServer();
    await using peer = await server.dial();
    peer.write(post(hello, "{}"));
    expect((await peer.read()).headers.Connection).toBeUndefined();
    await server.drain();
    peer.write(post(hello, "{}"));
    expect((await peer.read()).headers.Connection).toBe("close");
    await peer.closed;
  });

  it("lets a caller that asks first send its body", async () => {
    await using server = await rawServer();
    await using peer = await server.dial();
    const [head = "", body = ""] = post({ ...hello, Expect: "100-continue" }, '{"a":1}').split(/(?<=\r\n\r\n)/);
    peer.write(head);
    expect((await peer.read()).start).toBe("HTTP/1.1 100 Continue");
    peer.write(body);
    expect((await peer.read()).body).toBe('{"a":1}\n');
  });
});

describe("a stream of mucp on the server", () => {
  it("discards the body of the opening message, echoes the rest and ends with EOS", async () => {
    await using server = await rawServer();
    await using peer = await server.dial();
    peer.write(post(chat, '{"not":"seen"}') + post(chat, '{"n":1}') + post({ ...chat, "Micro-Error": "EOS" }));
    const first = await peer.read();
    expect(first.body).toBe('{"n":1}\n');
    expect(first.headers).toMatchObject({ "Micro-Id": "3", "Micro-Endpoint": "Say.Chat", "Micro-Method": "Say.Chat" });
    const last = await peer.read();
    expect(last.headers).toMatchObject({ "Micro-Id": "3", "Micro-Error": "EOS", "X-Micro-Error": "EOS" });
    expect(last.body).toBe("");
  });

  it("takes the opening message of gRPC's types for the first one, as go-micro does", async () => {
    await using server = await rawServer();
    await using peer = await server.dial();
    const headers = { ...chat, "Content-Type": "application/grpc+proto" };
    peer.write(
      post(headers, "\0\0\0\0\x01a") + post(headers, "\0\0\0\0\x01b") + post({ ...headers, "Micro-Error": "EOS" }),
    );
    expect([await peer.read(), await peer.read()].map(({ body }) => body)).toEqual(["\0\0\0\0\x01a", "\0\0\0\0\x01b"]);
    peer.write(post({ ...headers, "Micro-Stream": "4", "Micro-Id": "4" }));
    peer.write(post({ ...headers, "Micro-Stream": "4", "Micro-Id": "4" }, "\0\0\0\0\x01c"));
    expect((await peer.read()).headers["Micro-Error"]).toBe("EOS");
    expect((await peer.read()).body).toBe("\0\0\0\0\x01c");
  });

  it("does not take what comes after its end for a new one", async () => {
    let streams = 0;
    await using server = await rawServer({
      async stream() {
        streams++;
      },
    });
    await using peer = await server.dial();
    peer.write(post(chat));
    expect((await peer.read()).headers["Micro-Error"]).toBe("EOS");
    peer.write(
      post(chat, "{}") + post(chat, "{}") + post({ ...chat, "Micro-Error": "EOS" }) + post(hello, '"still here"'),
    );
    expect((await peer.read()).body).toBe('"still here"\n');
    expect(streams).toBe(1);
    peer.write(post(chat)); // the id is free again
    expect((await peer.read()).headers["Micro-Error"]).toBe("EOS");
    expect(streams).toBe(2);
  });

  it("goes on beside calls and other streams of the same connection", async () => {
    await using server = await rawServer();
    await using peer = await server.dial();
    const other = { ...chat, "Micro-Id": "4", "Micro-Stream": "4" };
    peer.write(post(chat) + post(other) + post(chat, "1") + post(other, "2") + post(hello, "3"));
    const replies = [await peer.read(), await peer.read(), await peer.read()];
    expect(replies.map(({ headers, body }) => [headers["Micro-Id"], body.trim()]).sort()).toEqual([
      ["3", "1"],
      ["4", "2"],
      ["7", "3"],
    ]);
  });

  it("hands a caller's error to the handler", async () => {
    const thrown: unknown[] = [];
    await using server = await rawServer({
      async stream(_call, messages, send) {
        try {
          for await (const message of messages) await send(message);
        } catch (reason) {
          thrown.push(reason);
          throw reason;
        }
      },
    });
    await using peer = await server.dial();
    peer.write(post(chat) + post({ ...chat, "Micro-Error": "out of paper" }));
    expect((await peer.read()).headers["Micro-Error"]).toContain("out of paper");
    expect(thrown).toMatchObject([{ code: 500, detail: "out of paper" }]);
  });

  it("ends by an unreadable message, with 400", async () => {
    await using server = await rawServer();
    await using peer = await server.dial();
    const headers = { ...chat, "Content-Type": "application/proto-rpc" };
    peer.write(post(headers) + post(headers, "\0\0\xff\xff lies"));
    expect(JSON.parse((await peer.read()).headers["Micro-Error"] as string)).toMatchObject({ code: 400 });
  });
});

describe("an event as a message of mucp", () => {
  const event = { "Micro-Topic": "greeted", "Micro-Id": "e-1", "Content-Type": "application/json" };

  it("is handed on and answered with its own headers and no body", async () => {
    const events: MucpEvent[] = [];
    const protocol = mucpProtocol({ onEvent: async (each) => void events.push(each) });
    await using server = await rawServer({}, { protocol });
    await using peer = await server.dial();
    peer.write(post(event, '{"name":"ann"}') + post({ "Micro-Topic": "greeted" }, "\n\x03ann"));
    const reply = await peer.read();
    expect(reply.headers).toMatchObject({ "Micro-Topic": "greeted", "Micro-Id": "e-1" });
    expect([reply.body, reply.headers["Micro-Error"]]).toEqual(["", undefined]);
    await peer.read();
    expect(events.map(({ topic, contentType, body }) => [topic, contentType, text(body)])).toEqual([
      ["greeted", "application/json", '{"name":"ann"}'],
      ["greeted", "application/protobuf", "\n\x03ann"],
    ]);
  });

  it("is answered with the error of who took it, and with 501 where nobody does", async () => {
    const failing = mucpProtocol({
      onEvent: async () => {
        throw new MicroError("greeter", 409, "had that one");
      },
    });
    for (const [protocol, code] of [
      [failing, 409],
      [mucpProtocol(), 501],
    ] as const) {
      await using server = await rawServer({}, { protocol });
      await using peer = await server.dial();
      peer.write(post(event, "{}"));
      expect(JSON.parse((await peer.read()).headers["Micro-Error"] as string)).toMatchObject({ code });
    }
  });
});
