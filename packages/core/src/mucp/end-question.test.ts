import { describe, expect, it } from "vitest";
import type { OutgoingCall } from "../protocol/protocol.ts";
import { memoryTransport } from "../transport/memory.ts";
import type { Message, Socket } from "../transport/transport.ts";
import { noDeadline } from "../words/deadline.ts";
import type { MethodKind } from "../words/description.ts";
import { mucpProtocol } from "./mucp.ts";

/**
 * A server that treats the end of streams as go-micro's: what comes while the handler runs is the handler's, the handler
 * ends without a word, and a message after that is a call of its own. Handlers echo until the caller has ended and then
 * wait for `finish`.
 */
async function silentServer() {
  const transport = memoryTransport();
  const seen: Message[] = [];
  let finish: (last: readonly string[]) => Promise<void> = async () => undefined;

  async function serve(socket: Socket): Promise<void> {
    let running = true;
    let heardEnd = false;
    for (let message = await socket.receive(); message; message = await socket.receive()) {
      seen.push(message);
      const { headers } = message;
      const headersOf = { "micro-id": headers["micro-id"] ?? "" };
      if (running && headers["micro-error"] === "EOS") {
        heardEnd = true;
        finish = async (last) => {
          for (const body of last) await socket.send({ headers: headersOf, body: Buffer.from(body) });
          running = false;
        };
      } else if (running && !heardEnd && seen.length > 1) await socket.send({ headers: headersOf, body: message.body });
      else if (!running) {
        const headers = { ...message.headers, "micro-error": "rpc: can't find service stream" };
        await socket.send({ headers, body: new Uint8Array(0) });
      }
    }
  }

  const listener = await transport.listen("127.0.0.1:0", (socket) => void serve(socket));
  const connection = mucpProtocol({ transport }).connect(listener.address);
  return {
    seen,
    connection,
    finish: (...last: string[]) => finish(last),
    async [Symbol.asyncDispose]() {
      await connection.close();
      await listener.close();
    },
  };
}

function outgoing(kind: MethodKind): OutgoingCall {
  const target = { service: "greeter", endpoint: "Say.Chat", kind, contentType: "application/octet-stream" };
  return { target, metadata: {}, deadline: noDeadline, timeoutMs: undefined, signal: undefined };
}

async function* texts(...all: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const text of all) yield Buffer.from(text);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const isQuestion = ({ headers }: Message): boolean => headers["micro-endpoint"] === "stream.over";
const isEnd = ({ headers }: Message): boolean => headers["micro-error"] === "EOS";

describe("a stream that goes both ways, ended by its caller first, at a server that does not tell its end", () => {
  it("is over when the handler is, with all that the handler said", async () => {
    await using server = await silentServer();
    const replies: string[] = [];
    const reading = (async () => {
      for await (const reply of server.connection.stream(outgoing("duplex"), texts("a", "b"))) {
        replies.push(Buffer.from(reply).toString());
      }
    })();
    await until(() => server.seen.some(isEnd));
    await server.finish("last");
    await reading;
    expect(replies).toEqual(["a", "b", "last"]);
  });

  it("goes on as long as the handler runs, whatever it is asked", async () => {
    await using server = await silentServer();
    const replies = server.connection.stream(outgoing("duplex"), texts("a"))[Symbol.asyncIterator]();
    expect((await replies.next()).done).toBe(false);
    const next = replies.next();
    await until(() => server.seen.filter(isQuestion).length >= 2);
    await server.finish("late");
    expect(Buffer.from((await next).value as Uint8Array).toString()).toBe("late");
    expect((await replies.next()).done).toBe(true);
  });

  it("is not asked of before its caller has ended, nor when nobody waits for a reply", async () => {
    await using server = await silentServer();
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    async function* requests(): AsyncGenerator<Uint8Array, void, undefined> {
      yield Buffer.from("a");
      await ended;
    }
    const replies = server.connection.stream(outgoing("duplex"), requests())[Symbol.asyncIterator]();
    await replies.next();
    end();
    await until(() => server.seen.some(isEnd));
    // Another caller, who waits, has asked meanwhile.
    await using other = await silentServer();
    const waiting = (async () => {
      for await (const _ of other.connection.stream(outgoing("duplex"), texts("a")));
    })();
    await until(() => other.seen.some(isQuestion));
    await other.finish();
    await waiting;
    expect(server.seen.some(isQuestion)).toBe(false);
    await server.finish();
    expect((await replies.next()).done).toBe(true);
  });

  it("is asked of under its own id, in a way that no handler takes for a message", async () => {
    await using server = await silentServer();
    const replies = server.connection.stream(outgoing("duplex"), texts("a"))[Symbol.asyncIterator]();
    await replies.next();
    const next = replies.next();
    await until(() => server.seen.some(isQuestion));
    await server.finish();
    await next;
    const [opening] = server.seen;
    const question = server.seen.find(isQuestion);
    expect(question?.headers).toMatchObject({
      "micro-id": opening?.headers["micro-id"],
      "micro-stream": opening?.headers["micro-stream"],
      "micro-service": "greeter",
      "micro-error": expect.stringMatching(/./),
    });
    expect(question?.headers["micro-error"]).not.toBe("EOS");
  });
});
