import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallTarget, OutgoingCall } from "../protocol/protocol.ts";
import { memoryTransport } from "../transport/memory.ts";
import type { Message, Socket, TransportListener } from "../transport/transport.ts";
import { noDeadline } from "../words/deadline.ts";
import type { MethodKind } from "../words/description.ts";
import { MicroError } from "../words/errors.ts";
import { closeStack } from "../words/lifecycle.ts";
import { mucpProtocol } from "./mucp.ts";

const contentTypes = [
  "application/json",
  "application/protobuf",
  "application/json-rpc",
  "application/proto-rpc",
  "application/octet-stream",
  "application/grpc",
  "application/grpc+json",
];

const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.string({ maxLength: 60 }).map((text) => Buffer.from(text)),
  fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text)),
  fc
    .record({
      method: fc.jsonValue(),
      params: fc.jsonValue(),
      id: fc.jsonValue(),
      result: fc.jsonValue(),
      error: fc.jsonValue(),
    })
    .map((value) => Buffer.from(JSON.stringify(value))),
  // Blocks and frames whose lengths are right, wrong, or huge.
  fc
    .tuple(fc.nat(2 ** 32 - 1), fc.nat(20), fc.uint8Array({ maxLength: 20 }), fc.boolean())
    .map(([huge, small, rest, isHuge]) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(isHuge ? huge : small);
      return Buffer.concat([length, rest]);
    }),
);

const headers = fc.dictionary(
  fc.constantFrom(
    "micro-id",
    "micro-stream",
    "micro-endpoint",
    "micro-method",
    "micro-service",
    "micro-target",
    "micro-protocol",
    "micro-topic",
    "micro-error",
    "x-micro-error",
    "content-type",
    "timeout",
    "connection",
  ),
  fc.oneof(
    fc.constantFrom("1", "2", "Say.Hello", "Say.Chat", "Say", "EOS", "close", "", "__proto__", ...contentTypes),
    fc.string({ maxLength: 12 }),
  ),
  { maxKeys: 6 },
);

const message: fc.Arbitrary<Message> = fc.record({ headers, body: bodies });

describe("mucp, whatever comes", () => {
  it("answers a good call after any bad messages on the same connection", async () => {
    await using open = closeStack();
    const transport = memoryTransport();
    const server = mucpProtocol({ transport }).serve({
      kindOf: (endpoint) => ({ "Say.Hello": "unary" as const, "Say.Chat": "duplex" as const })[endpoint],
      hasHandler: (name) => name === "Say",
      unary: async (_call, body) => body,
      async stream(_call, messages, send) {
        for await (const each of messages) await send(each);
      },
    });
    open.use(server);
    const { address } = open.use(await server.listen("127.0.0.1:0"));
    const hello = { "micro-endpoint": "Say.Hello", "micro-id": "good", "content-type": "application/octet-stream" };
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 8 }), async (messages) => {
        const socket = await transport.dial(address);
        // Whoever asks for the end of the connection gets it.
        const bad = messages.filter(({ headers: { connection = "" } }) => connection.toLowerCase() !== "close");
        for (const each of bad) await socket.send(each);
        await socket.send({ headers: hello, body: Buffer.from("hi") });
        expect(await answerTo(socket, "good")).toBe("hi");
        socket.abort();
      }),
      { numRuns: 1_500 },
    );
  });

  it("ends every call with a reply or an error of its own, whatever the server says", async () => {
    await using open = closeStack();
    const transport = memoryTransport();
    let answers: readonly Message[] = [];
    const listener: TransportListener = await transport.listen("127.0.0.1:0", (socket) => void answer(socket));
    open.use(listener);
    async function answer(socket: Socket): Promise<void> {
      await socket.receive();
      for (const each of answers) await socket.send(each).catch(() => undefined); // the client had enough
      socket.close();
    }
    const protocol = mucpProtocol({ transport, wireTypes: () => undefined });
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 5 }),
        fc.constantFrom(...contentTypes),
        fc.constantFrom<MethodKind>("unary", "duplex", "client-stream", "server-stream"),
        async (given, contentType, kind) => {
          answers = given;
          const connection = protocol.connect(listener.address);
          const target: CallTarget = { service: "greeter", endpoint: "Say.Hello", kind, contentType };
          const call: OutgoingCall = {
            target,
            metadata: {},
            deadline: noDeadline,
            timeoutMs: undefined,
            signal: undefined,
          };
          const outcome = await made(connection, call).catch((reason: unknown) => reason);
          expect(outcome === "replied" || outcome instanceof MicroError).toBe(true);
          await connection.close();
        },
      ),
      { numRuns: 1_500 },
    );
  });
});

async function made(
  connection: ReturnType<ReturnType<typeof mucpProtocol>["connect"]>,
  call: OutgoingCall,
): Promise<string> {
  if (call.target.kind === "unary") await connection.unary(call, Buffer.from("{}"));
  else for await (const _reply of connection.stream(call, one()));
  return "replied";
}

async function* one(): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from("{}");
}

/** The body of the answer with that id; answers to bad messages before it are passed over. */
async function answerTo(socket: Socket, id: string): Promise<string> {
  for (;;) {
    const reply = await socket.receive();
    if (!reply) throw new Error("the connection was closed");
    if (reply.headers["micro-id"] === id) return Buffer.from(reply.body).toString();
  }
}
