import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type Dispatcher, type IncomingCall, type MucpProtocol, mucp, type ServeOptions } from "@micro/core";
import { sendAll } from "../src/protocol/harness.ts";

/** One message as it stood on the wire. */
export interface RawMessage {
  /** `HTTP/1.1 200 OK` or `POST / HTTP/1.1`. */
  readonly start: string;
  /** As they were spelled. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A TCP connection on which a test writes what it likes. Texts are bytes, one a character. */
export interface RawPeer extends AsyncDisposable {
  write(text: string): void;
  /** The next message from the other side. */
  read(): Promise<RawMessage>;
  /** Closes this side. */
  end(): void;
  /** Everything that came, read or not. */
  readonly all: string;
  /** Resolves when the other side has closed. */
  readonly closed: Promise<void>;
}

/** Reads and writes on a connection by hand; knows bodies by their length and by chunks of one line. */
export function rawPeer(socket: Socket): RawPeer {
  let all = "";
  let read = 0;
  let wake = (): void => undefined;
  socket.on("data", (chunk: Buffer) => {
    all += chunk.toString("latin1");
    wake();
  });
  socket.on("error", () => undefined); // the tests see the end
  const closed = once(socket, "close").then(() => wake());
  return {
    closed,
    get all() {
      return all;
    },
    end: () => void socket.end(),
    write: (text) => void socket.write(Buffer.from(text, "latin1")),
    async read() {
      for (;;) {
        const found = takeMessage(all.slice(read));
        if (found) {
          read += found.length;
          return found.message;
        }
        if (socket.destroyed) throw new Error(`the connection ended after ${JSON.stringify(all.slice(read))}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await closed;
    },
  };
}

function takeMessage(text: string): { message: RawMessage; length: number } | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [start = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s).slice(0, 2)));
  const length = headers["Transfer-Encoding"] === "chunked" ? 5 : Number(headers["Content-Length"] ?? 0);
  if (text.length < end + 4 + length) return undefined;
  const body = headers["Transfer-Encoding"] === "chunked" ? "" : text.slice(end + 4, end + 4 + length);
  return { message: { start, headers, body }, length: end + 4 + length };
}

/** A server of mucp, and what calls it by hand. */
export interface RawServer extends AsyncDisposable {
  readonly address: string;
  dial(): Promise<RawPeer>;
  drain(): Promise<void>;
}

/** What a dispatcher does here unless a test says otherwise: `Say.Hello` echoes, `Say.Chat` streams what it is sent. */
export const echoes: Dispatcher = {
  kindOf: (endpoint) => ({ "Say.Hello": "unary" as const, "Say.Chat": "duplex" as const })[endpoint],
  hasHandler: (name) => name === "Say",
  unary: async (_call: IncomingCall, body) => body,
  stream: sendAll((_call, messages) => messages),
};

/** Serves on a port of its own. */
export async function rawServer(
  dispatcher: Partial<Dispatcher> = {},
  { protocol = mucp, ...options }: ServeOptions & { protocol?: MucpProtocol } = {},
): Promise<RawServer> {
  const server = protocol.serve({ ...echoes, ...dispatcher }, options);
  const listener = createServer((socket) => server.accept(socket));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    drain: () => server.drain(),
    async dial() {
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      return rawPeer(socket);
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}

/** Where a client can be answered by hand; `peers` holds its connections in order. */
export interface RawListener extends AsyncDisposable {
  readonly address: string;
  /** The next connection. */
  accept(): Promise<RawPeer>;
  readonly accepted: number;
}

/** Listens for clients. */
export async function rawListener(): Promise<RawListener> {
  const arrived: RawPeer[] = [];
  let accepted = 0;
  let wake = (): void => undefined;
  const listener = createServer((socket) => {
    accepted++;
    arrived.push(rawPeer(socket));
    wake();
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(listener.address() as AddressInfo).port}`,
    get accepted() {
      return accepted;
    },
    async accept() {
      while (arrived.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return arrived.shift() as RawPeer;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
    },
  };
}

/** A request by hand; the length is counted. */
export function post(headers: Readonly<Record<string, string>>, body = ""): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST / HTTP/1.1\r\nHost: test\r\n${lines.join("")}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** A response by hand. */
export function ok(headers: Readonly<Record<string, string>>, body = ""): string {
  return post(headers, body).replace("POST / HTTP/1.1\r\nHost: test", "HTTP/1.1 200 OK");
}
