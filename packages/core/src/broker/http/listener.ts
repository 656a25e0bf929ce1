import { createServer as createHttpServer, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TlsOptions } from "node:tls";
import { formatHostPort, type HostPort } from "../../words/address.ts";
import { formatError, type MicroError } from "../../words/errors.ts";
import type { Logger } from "../../words/logger.ts";
import { ConfigError } from "../../words/plugin.ts";
import { type ReceiveParts, type Reply, receive } from "./receive.ts";

export interface HttpListenerOptions extends ReceiveParts {
  readonly address: HostPort;
  /** Certificate and key; without them the port is in clear. */
  readonly tls: TlsOptions | undefined;
  /** Connections held at once; further ones are refused. */
  readonly maxConnections: number;
  readonly logger: Logger;
}

export interface HttpListener {
  readonly address: HostPort;
  /** Takes no new connections and ends those that stand. */
  close(): Promise<void>;
}

/** The port on which messages are posted, in both dialects. Rejects with a `ConfigError` when it cannot be had. */
export async function listen(options: HttpListenerOptions): Promise<HttpListener> {
  const { tls, logger } = options;
  const server = tls ? createHttpsServer({ ...tls, ...timeouts }) : createHttpServer(timeouts);
  server.maxConnections = options.maxConnections;
  server.on("request", (request, response: ServerResponse) => {
    void receive(options, request).then((reply) => {
      if (reply.error) logger.debug({ peer: request.socket.remoteAddress }, `message rejected: ${reply.error.detail}`);
      answer(response, reply);
    });
  });
  server.on("clientError", (reason, socket) => {
    logger.debug({ err: reason }, "connection dropped");
    socket.destroy();
  });
  const address = await bind(server, options.address);
  server.on("error", (reason) => logger.error({ err: reason }, "the http broker's listener failed"));
  return {
    address,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

// Go programs keep idle connections without end and use one without a look at whether it still stands. Bodies, which may
// rightly wait for room, have a limit of their own.
const timeouts = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 10_000 };

function answer(response: ServerResponse, { status, error, refusal }: Reply): void {
  if (response.destroyed) return;
  response.statusCode = status;
  if (refusal) response.setHeader("Micro-Error", headerText(refusal));
  if (!error) return void response.end();
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  // The rest of what is refused for its size is not worth reading.
  if (status === 413) response.shouldKeepAlive = false;
  // Go ends the one answer with a newline and the other without.
  response.end(status === 405 ? `${formatError(error)}\n` : formatError(error));
}

function headerText(error: MicroError): string {
  return formatError(error).replace(/[^ -~]/g, "?");
}

function bind(server: Server, { host, port }: HostPort): Promise<HostPort> {
  return new Promise((resolve, reject) => {
    const onError = (reason: NodeJS.ErrnoException): void => {
      const why = reason.code === "EADDRINUSE" ? "the port is in use" : reason.message;
      const at = formatHostPort(host, port);
      reject(new ConfigError(`the http broker cannot listen on ${at}: ${why}`, { cause: reason }));
    };
    server.once("error", onError);
    server.listen({ port, ...(host !== "" && { host }) }, () => {
      server.off("error", onError);
      const bound = server.address() as AddressInfo;
      resolve({ host: bound.address, port: bound.port });
    });
  });
}
