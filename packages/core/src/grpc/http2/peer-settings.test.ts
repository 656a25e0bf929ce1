import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Connection, OutgoingCall } from "../../protocol/protocol.ts";
import { noDeadline } from "../../words/deadline.ts";
import { closeStack } from "../../words/lifecycle.ts";
import { http2Connection } from "./connection.ts";
import { http2Server } from "./server.ts";

const body = Buffer.from("hello");
const preface = 24;
const ping = 6;

describe("a call with large headers, first on its connection,", () => {
  let open = closeStack();
  afterEach(async () => {
    await open.close();
    open = closeStack();
  });

  describe.each(["unary", "duplex"] as const)("%s,", (kind) => {
    it("is answered when the peer takes them", async () => {
      const { connection } = await served();
      expect(await made(connection, call(kind, 60_000))).toBe("hello");
    });

    it("is 431 when the peer does not, and the calls beside it are answered on the one connection", async () => {
      const { connection, sockets } = await served();
      const small = made(connection, call("unary", 0));
      const large = [1, 2, 3].map(() => made(connection, call(kind, 70_000)));
      for (const each of large) await expect(each).rejects.toMatchObject({ code: 431, unprocessed: true });
      expect(await small).toBe("hello");
      expect(await made(connection, call("unary", 0))).toBe("hello");
      expect(sockets).toHaveLength(1);
    });

    it("is 503 and surely did not run when no settings come in time", async () => {
      const { connection } = await silent({ dialTimeoutMs: 50 });
      await expect(made(connection, call(kind, 20_000))).rejects.toMatchObject({
        code: 503,
        unprocessed: true,
        detail: expect.stringContaining("no HTTP/2 settings came within 50 ms"),
      });
    });

    it("is 408 when its deadline passes before", async () => {
      const { connection } = await silent();
      const late = { ...call(kind, 20_000), deadline: Date.now() + 30, timeoutMs: 30 };
      await expect(made(connection, late)).rejects.toMatchObject({ code: 408 });
    });

    it("is 499 when it is given up before", async () => {
      const { connection, asked } = await silent();
      const giveUp = new AbortController();
      const outcome = made(connection, { ...call(kind, 20_000), signal: giveUp.signal });
      const rejected = expect(outcome).rejects.toMatchObject({ code: 499 });
      await expect.poll(asked).toBe(1);
      giveUp.abort();
      await rejected;
    });

    it("is 503 and surely did not run when the connection is lost before, or closed", async () => {
      const { connection, asked, sockets } = await silent();
      const lost = expect(made(connection, call(kind, 20_000))).rejects.toMatchObject({ code: 503, unprocessed: true });
      await expect.poll(asked).toBe(1);
      sockets[0]?.destroy();
      await lost;
      const closed = expect(made(connection, call(kind, 20_000))).rejects.toMatchObject({
        code: 503,
        unprocessed: true,
      });
      await connection.close();
      await closed;
    });
  });

  it("asks once for all that wait", async () => {
    const { connection, asked } = await silent();
    const outcomes = Array.from({ length: 10 }, () => made(connection, call("unary", 20_000)));
    const settled = Promise.allSettled(outcomes);
    await expect.poll(asked).toBe(1);
    await connection.close();
    await settled;
    expect(asked()).toBe(1);
  });

  it("opens nothing when its reader has left before", async () => {
    const { connection, began } = await served();
    const replies = connection.stream(call("duplex", 20_000), one())[Symbol.asyncIterator]();
    const next = replies.next();
    await replies.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await made(connection, call("unary", 20_000))).toBe("hello");
    expect(began()).toBe(1);
  });

  async function listening(onSocket: (socket: Socket) => void): Promise<{ address: string; sockets: Socket[] }> {
    const sockets: Socket[] = [];
    const listener = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => undefined); // the other side tells
      onSocket(socket);
    });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    open.defer(() => void listener.close());
    open.defer(() => {
      for (const socket of sockets) socket.destroy();
    });
    return { address: `127.0.0.1:${(listener.address() as AddressInfo).port}`, sockets };
  }

  /** A peer that echoes, and takes 64 KiB of headers. */
  async function served() {
    let began = 0;
    const server = http2Server({
      kindOf: (endpoint) => (endpoint === "Say.Unary" ? "unary" : "duplex"),
      hasHandler: () => true,
      async unary(_call, message) {
        began++;
        return message;
      },
      async stream(_call, messages, send) {
        began++;
        for await (const message of messages) await send(message);
      },
    });
    const { address, sockets } = await listening((socket) => server.accept(socket));
    open.defer(() => server.close());
    const connection = open.use(http2Connection(address, { dialTimeoutMs: 30_000 }));
    return { connection, sockets, began: () => began };
  }

  /** A peer that takes connections and never says anything; `asked` counts the pings that came. */
  async function silent({ dialTimeoutMs = 30_000 } = {}) {
    let bytes = Buffer.alloc(0);
    const { address, sockets } = await listening((socket) =>
      socket.on("data", (chunk) => {
        bytes = Buffer.concat([bytes, chunk]);
      }),
    );
    const connection = open.use(http2Connection(address, { dialTimeoutMs }));
    return { connection, sockets, asked: () => frameTypes(bytes).filter((type) => type === ping).length };
  }
});

function frameTypes(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = preface; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) types.push(bytes.readUInt8(at + 3));
  return types;
}

function call(kind: "unary" | "duplex", headerBytes: number): OutgoingCall {
  const endpoint = kind === "unary" ? "Say.Unary" : "Say.Duplex";
  return {
    target: { service: "a", endpoint, kind, contentType: "application/grpc+bytes" },
    metadata: headerBytes > 0 ? { "x-large": "x".repeat(headerBytes) } : {},
    deadline: noDeadline,
    timeoutMs: undefined,
    signal: undefined,
  };
}

async function* one(): AsyncGenerator<Uint8Array, void, undefined> {
  yield body;
}

/** The one reply as text. */
async function made(connection: Connection, outgoing: OutgoingCall): Promise<string> {
  if (outgoing.target.kind === "unary") return Buffer.from(await connection.unary(outgoing, body)).toString();
  let text = "";
  for await (const reply of connection.stream(outgoing, one())) text += Buffer.from(reply).toString();
  return text;
}
