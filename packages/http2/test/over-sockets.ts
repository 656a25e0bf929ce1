import { once } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";
import { type ConnectOptions, connect } from "../src/connect.ts";
import type { Connection } from "../src/connection.ts";
import { accept, type SocketOptions } from "../src/socket.ts";
import type { Stream } from "../src/stream.ts";
import { type Received, recorder, requestFields } from "./wire.ts";

/** What is to be closed after the test at hand. */
export const closers: (() => unknown)[] = [];
/** Closes what a test has opened, last to first. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

/** Answers every request with its body, when it is complete. */
export function echo(stream: Stream): void {
  const request = recorder();
  request.onEnd = () => {
    stream.respond([":status", "200"]);
    stream.write(request.body, true);
  };
  stream.handler = request;
}

/** A port and what came to it. */
export interface Listening {
  port: number;
  sockets: net.Socket[];
  connections: Connection[];
}

/** Listens on a free port, each connection served by `serve`. */
export async function listen(
  server: net.Server,
  serve: (socket: net.Socket) => Connection | undefined,
): Promise<Listening> {
  const listening: Listening = { port: 0, sockets: [], connections: [] };
  const onSocket = (socket: net.Socket): void => {
    listening.sockets.push(socket);
    const connection = serve(socket);
    if (connection) listening.connections.push(connection);
  };
  server.on(server instanceof tls.Server ? "secureConnection" : "connection", onSocket);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  listening.port = (server.address() as net.AddressInfo).port;
  closers.push(() => {
    for (const socket of listening.sockets) socket.destroy();
    server.close();
  });
  return listening;
}

/** Serves HTTP/2 in clear. */
export function plain(options: SocketOptions = {}): Promise<Listening> {
  return listen(net.createServer(), (socket) => accept(socket, { onStream: echo, ...options }));
}

/** A connection to the port, closed after the test. */
export function client(port: number, options: Partial<ConnectOptions> = {}): Connection {
  const connection = connect({ host: "127.0.0.1", port, ...options });
  closers.push(() => connection.destroy());
  return connection;
}

/** One request with a body, and everything that came for it. */
export function call(connection: Connection, body: string | Buffer): Promise<Received & { stream: Stream }> {
  return new Promise((resolve) => {
    const response = recorder();
    response.onClose = (closed, code) => {
      response.code = code;
      resolve(Object.assign(response, { stream: closed }));
    };
    connection.request(response, requestFields).write(Buffer.from(body), true);
  });
}
