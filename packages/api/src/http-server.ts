import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type SecureContextOptions, Server as TlsServer } from "node:tls";
import type { Logger } from "@micro/core";
import type { Answering, GatewayRequest, HttpAnswer, Upgrade } from "@micro/gateway";
import { accessLog, type Outcome } from "./access-log.ts";
import { ArrivedRequest, type Reception } from "./arrived-request.ts";
import { answerClientError } from "./client-error.ts";
import type { FailedRequest } from "./failure-answer.ts";
import type { InFlight } from "./in-flight.ts";
import type { ApiOptions } from "./options.ts";
import { divertHandshakes } from "./tls/own-handshakes.ts";
import { noteHandshakes, type TlsSource, tlsServerOptions } from "./tls/tls-source.ts";
import { serveUpgrades, type Upgraded } from "./upgrades.ts";
import { type Counted, type OwnHeaders, writeAnswer } from "./write-answer.ts";

type Limits = Required<
  Pick<
    ApiOptions,
    "accessLog" | "maxHeaderBytes" | "headersTimeoutMs" | "requestTimeoutMs" | "keepAliveTimeoutMs" | "maxConnections"
  >
>;

/** What the server stands on. */
export interface HttpServerParts {
  /** Answers one request. */
  readonly answer: Answering;
  /** What to say of a request that did not get as far as `answer`. */
  failed(reason: unknown, request: FailedRequest): HttpAnswer;
  readonly reception: Reception;
  readonly flight: InFlight;
  readonly limits: Limits;
  readonly logger: Logger;
  /** Serves HTTPS, once `useTls` was called. */
  readonly tls?: TlsSource;
  /** Whom a request comes from, for the log. */
  clientAddress(request: Pick<GatewayRequest, "remoteAddress" | "headers">): string;
}

export interface HttpServer {
  readonly server: Server;
  readonly upgraded: Upgraded;
  /** New connections use these certificates from now on. Throws when they make no sense. */
  useTls(context: SecureContextOptions): void;
  /** Takes no new connections and ends those without a request; resolves when the last has ended. */
  close(): Promise<void>;
}

/**
 * Node's own server and nothing above it: what a framework would do for a request, to route it by its path and to parse its
 * body by its type, is the answer's decision here.
 */
export function httpServer(parts: HttpServerParts): HttpServer {
  const { answer, failed, reception, flight, limits, logger, tls } = parts;
  const options = {
    maxHeaderSize: limits.maxHeaderBytes,
    // Node would refuse a request without a host in its own form, an empty body; the gateway does it in its own.
    requireHostHeader: false,
    // How often Node looks for requests out of time; by default it may overlook them for half a minute.
    connectionsCheckingInterval: Math.min(limits.headersTimeoutMs / 2, 5_000),
  };
  const server: Server = tls ? createTlsServer({ ...options, ...tlsServerOptions(tls) }) : createServer(options);
  // Among the options Node would insist on a time for the headers that is the shorter of the two.
  server.headersTimeout = limits.headersTimeoutMs;
  server.requestTimeout = limits.requestTimeoutMs;
  server.keepAliveTimeout = limits.keepAliveTimeoutMs;
  server.maxConnections = limits.maxConnections;

  const lines = accessLog(logger, ({ socket, headers }) =>
    parts.clientAddress({ remoteAddress: socket.remoteAddress ?? "", headers }),
  );
  const log = limits.accessLog ? lines : () => undefined;
  server.on("request", (raw, response) => void respond(raw, response, undefined));
  server.on("clientError", answerClientError);
  if (tls) noteHandshakes(server, logger);
  if (tls?.ownHandshakes) divertHandshakes(server, tls.ownHandshakes);
  const upgraded = serveUpgrades(server, respond);

  async function respond(raw: IncomingMessage, response: ServerResponse, upgrade: Upgrade | undefined): Promise<void> {
    flight.add(response);
    const logged = begun(raw, response);
    try {
      const request = new ArrivedRequest(raw, response, upgrade, reception);
      if (logged) logged.request = request;
      send(response, await answer(request), ["x-request-id", request.id], logged);
    } catch (reason) {
      refuse(raw, response, reason, logged);
    }
  }

  /** Prepares the line that tells of a request; undefined when nobody would see it. */
  function begun(raw: IncomingMessage, response: ServerResponse): Logged | undefined {
    const ended = log()?.(raw, raw.url ?? "/");
    if (!ended) return undefined;
    const logged: Logged = { bytes: 0, taken: false, request: undefined };
    response.on("close", () => ended({ ...outcomeOf(raw, response, logged), request: logged.request }));
    return logged;
  }

  function send(response: ServerResponse, answered: HttpAnswer, own: OwnHeaders, logged: Logged | undefined): void {
    if (!answered.taken)
      writeAnswer(response, answered, flight.draining ? [...own, "connection", "close"] : own, logged);
    else if (logged) logged.taken = true;
  }

  /** Answers what could not become a request, and what no answer could be written to. */
  function refuse(raw: IncomingMessage, response: ServerResponse, reason: unknown, logged: Logged | undefined): void {
    try {
      send(response, failed(reason, { method: raw.method ?? "GET", url: raw.url ?? "/" }), [], logged);
    } catch (second) {
      logger.error(`no answer to a ${raw.method} request could be written: ${second}`);
      response.destroy();
    }
  }

  return {
    server,
    upgraded,
    useTls(context) {
      if (server instanceof TlsServer) server.setSecureContext(context);
    },
    // One that never listened says so, which is all the same to who wants it closed.
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** What the line about a request is told of its answer. */
interface Logged extends Counted {
  /** The connection was switched to another protocol. */
  taken: boolean;
  request: ArrivedRequest | undefined;
}

function outcomeOf({ method }: IncomingMessage, response: ServerResponse, { bytes, taken }: Logged): Outcome {
  if (taken) return { status: 101, bytes: 0 };
  if (!response.writableFinished) return { status: 499, bytes: 0 };
  return { status: response.statusCode, bytes: method === "HEAD" ? 0 : bytes };
}
