import { type AddressInfo, createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import type { ProtocolServer } from "../protocol/protocol.ts";
import { formatHostPort, type HostPort } from "../words/address.ts";
import { type Closeable, closeable, closeOnce } from "../words/lifecycle.ts";
import type { Logger } from "../words/logger.ts";
import { ConfigError } from "../words/plugin.ts";

export interface ListenOptions {
  readonly address: HostPort;
  readonly protocols: readonly ProtocolServer[];
  readonly logger: Logger;
  /** Certificate and key; without them the port is in clear. */
  readonly tls: TlsOptions | undefined;
  /** How long a new connection may stay silent before its first bytes, in milliseconds. */
  readonly headTimeoutMs: number;
  /** Connections held at once; further ones are refused. */
  readonly maxConnections: number;
}

export interface Listener extends Closeable {
  readonly address: HostPort;
  /** Takes no new connections; those that stand go on. */
  stopAccepting(): void;
}

/** One port for every protocol: looks at a connection's first bytes and hands it to the protocol that knows them. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const sockets = new Set<Socket>();
  const onConnection = (socket: Socket): void => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.setNoDelay(true);
    identify(socket, options);
  };
  const server: NetServer = options.tls
    ? createTlsServer({ ALPNProtocols: ["h2", "http/1.1"], ...options.tls }, onConnection)
    : createNetServer({ allowHalfOpen: false }, onConnection);
  server.maxConnections = options.maxConnections;
  const address = await bind(server, options.address);
  server.on("error", (reason) =>
    options.logger.error({ err: reason }, `listener on ${formatHostPort(address.host, address.port)} failed`),
  );
  let accepting = true;
  const stopAccepting = (): void => {
    if (accepting) server.close();
    accepting = false;
  };
  const close = closeOnce(() => {
    stopAccepting();
    for (const socket of sockets) socket.destroy();
  });
  return { address, stopAccepting, ...closeable(close) };
}

const longestHead = 64;

function identify(socket: Socket, { protocols, logger, headTimeoutMs }: ListenOptions): void {
  let head: Buffer = Buffer.alloc(0);
  const drop = (why: string): void => {
    logger.debug({ peer: socket.remoteAddress }, `connection dropped: ${why}`);
    socket.destroy();
  };
  const onError = (reason: Error): void => drop(reason.message);
  const onTimeout = (): void => drop(`no known first bytes within ${headTimeoutMs} ms`);
  const onData = (chunk: Buffer): void => {
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    const known = protocols.map((protocol) => protocol.recognises(head));
    const chosen = protocols[known.indexOf(true)];
    if (chosen) {
      socket.off("data", onData);
      socket.off("error", onError);
      socket.off("timeout", onTimeout);
      socket.setTimeout(0);
      socket.pause();
      socket.unshift(head);
      chosen.accept(socket);
    } else if (head.length >= longestHead || !known.includes(undefined)) {
      drop("first bytes belong to no protocol served here");
    }
  };
  socket.setTimeout(headTimeoutMs, onTimeout);
  socket.on("error", onError);
  socket.on("data", onData);
}

async function bind(server: NetServer, { host, port }: HostPort): Promise<HostPort> {
  if (host !== "") return tryBind(server, host, port);
  try {
    return await tryBind(server, "::", port); // takes IPv4 too
  } catch (reason) {
    if (
      !(reason instanceof ConfigError) ||
      !(reason.cause as NodeJS.ErrnoException)?.code?.match(/EAFNOSUPPORT|EADDRNOTAVAIL/)
    )
      throw reason;
    return tryBind(server, "0.0.0.0", port); // a machine without IPv6
  }
}

function tryBind(server: NetServer, host: string, port: number): Promise<HostPort> {
  return new Promise((resolve, reject) => {
    const onError = (reason: NodeJS.ErrnoException): void => {
      const why = reason.code === "EADDRINUSE" ? "the port is in use" : reason.message;
      reject(new ConfigError(`cannot listen on ${formatHostPort(host, port)}: ${why}`, { cause: reason }));
    };
    server.once("error", onError);
    server.listen({ host, port }, () => {
      server.off("error", onError);
      const { address, port: bound } = server.address() as AddressInfo;
      resolve({ host: address, port: bound });
    });
  });
}
