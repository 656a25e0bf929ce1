import type { Server, Socket } from "node:net";
import { maxHelloBytes, offeredProtocols } from "./client-hello.ts";

/** Handshakes at the port that is served which are not for the server but for the source of its certificates. */
export interface OwnHandshakes {
  /** What the clients of such a handshake offer, `acme-tls/1`. */
  readonly protocol: string;
  /** Whether there may be some just now; otherwise no connection is looked into. */
  readonly expected: boolean;
  /** Takes over a connection whose client offers the protocol; nothing of it is read yet. */
  take(socket: Socket): void;
}

/**
 * Lets `own` have the connections that are meant for it. Node chooses the certificate before it looks at what protocols a client offers,
 * so that connections are told apart by their first bytes, before there is any TLS, and only while such handshakes are expected.
 */
export function divertHandshakes(server: Server, own: OwnHandshakes): void {
  const listeners = server.listeners("connection");
  server.removeAllListeners("connection");
  const serve = (socket: Socket): void => {
    for (const listener of listeners) listener.call(server, socket);
  };
  server.on("connection", (socket: Socket) => {
    if (!own.expected) return serve(socket);
    withHello(socket, (hello) => {
      if (offeredProtocols(hello)?.includes(own.protocol)) own.take(socket);
      else serve(socket);
    });
  });
}

const helloTimeoutMs = 10_000;

/** Reads as much as tells what the client offers, puts it back and says what it was. A connection that does not get there is closed. */
function withHello(socket: Socket, then: (hello: Buffer) => void): void {
  let hello = Buffer.alloc(0);
  const onError = (): void => void socket.destroy();
  const timer = setTimeout(onError, helloTimeoutMs);
  const onData = (chunk: Buffer): void => {
    hello = Buffer.concat([hello, chunk]);
    if (offeredProtocols(hello) === undefined && hello.length <= maxHelloBytes) return;
    settle();
    socket.pause();
    socket.unshift(hello);
    then(hello);
  };
  function settle(): void {
    clearTimeout(timer);
    socket.off("data", onData).off("error", onError).off("end", onError).off("close", settle);
  }
  socket.on("data", onData).on("error", onError).on("end", onError).on("close", settle);
}
