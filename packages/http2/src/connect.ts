import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls, type TLSSocket, type ConnectionOptions as TlsOptions } from "node:tls";
import type { Connection } from "./connection.ts";
import { clientLiveness } from "./liveness.ts";
import { SocketDriver, type SocketOptions, textOf } from "./socket.ts";

/** Where to connect, and how. */
export interface ConnectOptions extends SocketOptions {
  host: string;
  port: number;
  /** Uses TLS, with these settings; `h2` is offered by ALPN. Without it HTTP/2 is spoken at once, in the clear. */
  tls?: TlsOptions;
  /** Accepts a TLS server that picks no protocol by ALPN, as some gRPC servers do. @default false */
  allowNoAlpn?: boolean;
  /** How long connecting may take, TLS included, in milliseconds. @default 10000 */
  connectTimeoutMs?: number;
}

/**
 * Where every connection reads to, as each is done with what came before another reads. New memory for each piece makes
 * V8 collect all garbage several times a second on a busy connection, half of what its calls cost altogether.
 */
const received = Buffer.allocUnsafeSlow(65_536);

/**
 * Opens a connection. It can be used at once: requests go out when it stands. When it never does, they end as
 * `unprocessed`, and the error of the connection says why.
 */
export function connect(options: ConnectOptions): Connection {
  const { host, port, tls, connectTimeoutMs = 10_000 } = options;
  const onread = {
    buffer: received,
    callback(bytes: number, buffer: Uint8Array): boolean {
      driver.receive(buffer.subarray(0, bytes) as Buffer);
      return true;
    },
  };
  const tcp = { host, port, onread };
  const socket = tls
    ? connectTls({ servername: isIP(host) ? "" : host, ...tls, ...tcp, ALPNProtocols: ["h2"] })
    : connectTcp(tcp);
  const driver = new SocketDriver("client", socket, { ...clientLiveness, ...options });
  const { clock } = driver;
  const cancel = clock.after(connectTimeoutMs, () =>
    driver.fail(new Error(`connecting to ${host}:${port} took more than ${connectTimeoutMs} ms`)),
  );
  socket.once("close", cancel);
  const refused = (reason: Error): void =>
    driver.fail(new Error(`connecting to ${host}:${port} failed: ${textOf(reason)}`, { cause: reason }));
  socket.on("error", refused);
  socket.once(tls ? "secureConnect" : "connect", () => {
    cancel();
    const problem = tls ? alpnProblem(socket as TLSSocket, options) : "";
    if (problem !== "") {
      driver.fail(new Error(`${host}:${port} ${problem}`));
      return;
    }
    socket.off("error", refused); // now the driver listens
    driver.open();
  });
  return driver.connection;
}

function alpnProblem(socket: TLSSocket, { allowNoAlpn = false }: ConnectOptions): string {
  if (socket.alpnProtocol === "h2") return "";
  if (!socket.alpnProtocol) return allowNoAlpn ? "" : "chose no protocol by ALPN; allowNoAlpn accepts that";
  return `chose the protocol ${socket.alpnProtocol} and not h2`;
}
