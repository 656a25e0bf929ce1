import { type AddressInfo, createServer, type Socket } from "node:net";
import type {
  Connection,
  ConnectOptions,
  Dispatcher,
  IncomingCall,
  OutgoingCall,
  Protocol,
  ProtocolServer,
  ServeOptions,
} from "@micro/core";
import { noDeadline } from "@micro/core";
import type { Patience } from "../patience.ts";

/** A protocol under test; both its halves must speak to each other. */
export interface ProtocolHarness extends Patience {
  readonly protocol: Protocol;
  /** A content type that carries bytes which are no text, and one other. */
  readonly contentTypes: readonly [string, string];
  /** Whether replies have trailers. @default true */
  readonly trailers?: boolean;
  /** How the serving half gets its connections. @default from a TCP port of its own */
  readonly listen?: (server: ProtocolServer) => Promise<Listening>;
}

/** Where a serving half can be called. */
export interface Listening {
  readonly address: string;
  /** Connections taken so far. */
  readonly accepted: number;
  /** Breaks every connection, as a peer that dies does. */
  cut(): void;
  /** Takes no more. */
  close(): Promise<void>;
}

/** Both halves of the protocol with a socket between them. */
export interface Wire extends AsyncDisposable {
  readonly address: string;
  readonly connection: Connection;
  /** Connections that the server has taken so far. */
  readonly accepted: number;
  drain(): Promise<void>;
  /** Breaks every connection, as a peer that dies does. */
  cut(): void;
}

/** What a dispatcher needs besides its answer. */
export type Answer = Dispatcher["unary"];

export type StreamAnswer = (call: IncomingCall, messages: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** Serves what gives its replies as something to iterate over. */
export function sendAll(answer: StreamAnswer): Dispatcher["stream"] {
  return async (call, messages, send) => {
    for await (const reply of answer(call, messages)) if (!(await send(reply))) return;
  };
}

const noMessages = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
  yield* [];
};

/** Serves `Say.Hello` with the given answer, and `Say.Chat` with the one that streams. */
export async function openWire(
  { protocol, listen = listenOnTcp }: ProtocolHarness,
  answer: Answer,
  options: { connect?: ConnectOptions; serve?: ServeOptions; stream?: StreamAnswer } = {},
): Promise<Wire> {
  const dispatcher: Dispatcher = {
    kindOf: (endpoint) => (endpoint === "Say.Hello" ? "unary" : endpoint === "Say.Chat" ? "duplex" : undefined),
    hasHandler: (name) => name === "Say",
    unary: answer,
    stream: sendAll(options.stream ?? (() => noMessages())),
  };
  const server = protocol.serve(dispatcher, options.serve);
  const listening = await listen(server);
  const connection = protocol.connect(listening.address, options.connect);
  return {
    address: listening.address,
    connection,
    get accepted() {
      return listening.accepted;
    },
    drain: () => server.drain(),
    cut: () => listening.cut(),
    async [Symbol.asyncDispose]() {
      await connection.close();
      await server.close();
      listening.cut();
      await listening.close();
    },
  };
}

async function listenOnTcp(server: ProtocolServer): Promise<Listening> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const listener = createServer((socket) => {
    accepted++;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("data", (head) => {
      socket.pause();
      socket.unshift(head);
      if (server.recognises(head)) server.accept(socket);
      else socket.destroy();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(listener.address() as AddressInfo).port}`,
    get accepted() {
      return accepted;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    close: () => new Promise((resolve) => listener.close(() => resolve())),
  };
}

/** A call of `Say.Chat`. */
export function chatCall(harness: ProtocolHarness, changes: Partial<OutgoingCall> = {}): OutgoingCall {
  const call = plainCall(harness, { endpoint: "Say.Chat", ...changes });
  return { ...call, target: { ...call.target, kind: "duplex" } };
}

/** A call of `Say.Hello` with nothing special about it. */
export function plainCall(
  harness: ProtocolHarness,
  changes: Partial<OutgoingCall> & { endpoint?: string; contentType?: string } = {},
): OutgoingCall {
  const { endpoint = "Say.Hello", contentType = harness.contentTypes[0], ...rest } = changes;
  return {
    target: { service: "go.micro.srv.greeter", endpoint, kind: "unary", contentType },
    metadata: {},
    deadline: noDeadline,
    timeoutMs: undefined,
    signal: undefined,
    ...rest,
  };
}
