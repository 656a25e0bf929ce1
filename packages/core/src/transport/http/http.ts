import { type AddressInfo, createServer, type Socket as NetSocket, connect as netConnect } from "node:net";
import type { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import { formatHostPort, parseListenAddress } from "../../words/address.ts";
import { MicroError, unavailable } from "../../words/errors.ts";
import { closeable, closeOnce } from "../../words/lifecycle.ts";
import {
  type DialOptions,
  type Socket,
  type Transport,
  type TransportLimits,
  type TransportListener,
  transportDefaults,
} from "../transport.ts";
import { httpSocket } from "./socket.ts";

export interface HttpTransportOptions {
  /** How long a message that has begun may stand still before its connection is closed, in milliseconds. @default 30000 */
  stallTimeoutMs?: number;
}

/**
 * go-micro's http transport: raw HTTP/1.1 over TCP or TLS as a pipe for messages. Each message of a client is a
 * `POST /`, each of a server a `200 OK`, and the two are not paired, which is why no stock HTTP server can serve it.
 */
export function httpTransport(options: HttpTransportOptions = {}): Transport {
  const accept = (
    connection: Duplex,
    { maxMessageBytes = transportDefaults.maxMessageBytes }: TransportLimits = {},
  ): Socket => httpSocket(connection, { role: "server", maxMessageBytes, ...options });
  return {
    name: "http",
    dial: (address, dialOptions) => dial(address, options, dialOptions),
    listen: (address, onSocket, limits) => listen(address, (connection) => onSocket(accept(connection, limits))),
    shared: { recognises: beginsWithVerb, accept },
  };
}

function dial(
  address: string,
  options: HttpTransportOptions,
  {
    tls,
    timeoutMs = transportDefaults.timeoutMs,
    signal,
    maxMessageBytes = transportDefaults.maxMessageBytes,
  }: DialOptions = {},
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const { host, port } = hostAndPort(address);
    const connection: NetSocket = tls
      ? tlsConnect({
          host,
          port,
          ALPNProtocols: ["http/1.1"],
          ...serverName(host),
          ...tls,
          ...serverName(tls.serverName),
        })
      : netConnect({ host, port });
    connection.setNoDelay(true);

    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      connection.off("error", onError);
    };
    const fail = (reason: unknown): void => {
      settle();
      connection.on("error", ignore); // its end was told already
      connection.destroy();
      reject(reason);
    };
    const onError = (reason: Error): void => fail(unreachable(address, reason.message, reason));
    const onAbort = (): void => fail(signal?.reason);
    const timer = setTimeout(() => fail(unreachable(address, `no connection within ${timeoutMs} ms`)), timeoutMs);
    connection.once("error", onError);
    connection.once(tls ? "secureConnect" : "connect", () => {
      settle();
      resolve(httpSocket(connection, { role: "client", host: address, maxMessageBytes, ...options }));
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function unreachable(address: string, why: string, cause?: Error): MicroError {
  return unavailable("go.micro.client", `connection error: ${address}: ${why}`, { unprocessed: true, cause });
}

async function listen(address: string, onConnection: (connection: NetSocket) => void): Promise<TransportListener> {
  const { host, port } = parseListenAddress(address, "address of the http transport");
  const server = createServer((connection) => {
    connection.setNoDelay(true);
    onConnection(connection);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host && { host }) }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const bound = server.address() as AddressInfo;
  return { address: formatHostPort(bound.address, bound.port), ...closeable(closeOnce(() => void server.close())) };
}

const verbs = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"].map((verb) =>
  Buffer.from(`${verb} `),
);

/** Every verb begins a connection of ours, so that a caller with the wrong one is told so. */
function beginsWithVerb(head: Uint8Array): boolean | undefined {
  let perhaps = false;
  for (const verb of verbs) {
    const length = Math.min(head.length, verb.length);
    if (verb.compare(head, 0, length, 0, length) !== 0) continue;
    if (length === verb.length) return true;
    perhaps = true;
  }
  return perhaps ? undefined : false;
}

function hostAndPort(address: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address);
  if (!match) {
    throw new MicroError("go.micro.client", 503, `connection error: "${address}" is no address; expected host:port`, {
      unprocessed: true,
    });
  }
  return { host: (match[1] ?? match[2]) as string, port: Number(match[3]) };
}

/** A name for TLS to ask for; an address is none. */
function serverName(name: string | undefined): { servername?: string } {
  return name === undefined || /^[\d.]+$|:/.test(name) ? {} : { servername: name };
}

function ignore(): void {
  return;
}
