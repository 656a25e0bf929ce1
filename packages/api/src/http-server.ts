import { METHODS, type Server, type ServerResponse } from "node:http";
import { type SecureContextOptions, Server as TlsServer } from "node:tls";
import type { Logger } from "@micro/core";
import type { Answering, GatewayRequest, HttpAnswer } from "@micro/gateway";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { accessLog, type Outcome } from "./access-log.ts";
import { ArrivedRequest, type Reception } from "./arrived-request.ts";
import { answerClientError } from "./client-error.ts";
import type { FailedRequest } from "./failure-answer.ts";
import type { InFlight } from "./in-flight.ts";
import type { ApiOptions } from "./options.ts";
import { noteHandshakes, type TlsSource, tlsServerOptions } from "./tls/tls-source.ts";
import { serveUpgrades, type Upgraded, upgradeOf } from "./upgrades.ts";
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
  readonly app: FastifyInstance<Server>;
  readonly upgraded: Upgraded;
  /** New connections use these certificates from now on. Throws when they make no sense. */
  useTls(context: SecureContextOptions): void;
}

/**
 * Fastify with one route for everything. Bodies are left unread on the request, since what to do with them is the
 * answer's decision; its own parsers would look into content types and refuse what the gateway takes.
 */
export function httpServer(parts: HttpServerParts): HttpServer {
  const { answer, failed, reception, flight, limits, logger, tls } = parts;
  const app = fastify({
    [tls ? "https" : "http"]: {
      ...(tls && tlsServerOptions(tls)),
      maxHeaderSize: limits.maxHeaderBytes,
      // Node would refuse a request without a host in its own form, an empty body; the gateway does it in its own.
      requireHostHeader: false,
      headersTimeout: limits.headersTimeoutMs,
      // How often Node looks for requests out of time; by default it may overlook them for half a minute.
      connectionsCheckingInterval: Math.min(limits.headersTimeoutMs / 2, 5_000),
    },
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // What arrives on a kept connection while the gateway drains is answered like everything before it.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => send(reply, failed(error, headOf(request)), [], flight),
    clientErrorHandler: answerClientError,
  });
  app.server.maxConnections = limits.maxConnections;
  const methods = METHODS.filter((method) => method !== "CONNECT");
  for (const method of methods) app.addHttpMethod(method, { hasBody: false, overrideExisting: true });

  if (tls) noteHandshakes(app.server, logger);
  const lines = accessLog(logger, ({ socket, headers }) =>
    parts.clientAddress({ remoteAddress: socket.remoteAddress ?? "", headers }),
  );
  const log = limits.accessLog ? lines : () => undefined;
  app.addHook("onRequest", (request, reply, done) => {
    flight.add(reply.raw);
    const ended = log()?.(request.raw, request.originalUrl);
    if (ended) {
      const logged: Logged = { bytes: 0, request: undefined };
      counted.set(reply.raw, logged);
      reply.raw.once("close", () => ended({ ...outcomeOf(reply, logged.bytes), request: logged.request }));
    }
    done();
  });
  app.setErrorHandler((error, request, reply) => send(reply, failed(error, headOf(request)), [], flight));
  app.setNotFoundHandler((request, reply) => respond(request, reply));
  app.route({ method: methods, url: "/*", handler: respond });
  const upgraded = serveUpgrades(app);

  async function respond({ raw }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const request = new ArrivedRequest(raw, reply.raw, upgradeOf(raw), reception);
    const logged = counted.get(reply.raw);
    if (logged) logged.request = request;
    const answered = await answer(request);
    return send(reply, answered, ["x-request-id", request.id], flight);
  }

  return {
    app,
    upgraded,
    useTls(context) {
      if (app.server instanceof TlsServer) app.server.setSecureContext(context);
    },
  };
}

function headOf({ method, originalUrl }: Pick<FastifyRequest, "method" | "originalUrl">): FailedRequest {
  return { method, url: originalUrl };
}

/** What was written of the answers that somebody will ask about. */
const counted = new WeakMap<ServerResponse, Logged>();

interface Logged extends Counted {
  request: ArrivedRequest | undefined;
}

/** Past Fastify's own way of sending, which would add a charset to the type of a text and write head and body apart. */
function send(reply: FastifyReply, answer: HttpAnswer, own: OwnHeaders, flight: InFlight): FastifyReply {
  reply.hijack();
  if (answer.taken) return reply;
  const lines = flight.draining ? [...own, "connection", "close"] : own;
  writeAnswer(reply.raw, answer, lines, counted.get(reply.raw));
  return reply;
}

function outcomeOf({ sent, raw, request }: FastifyReply, bytes: number): Outcome {
  // A connection that was taken over has no answer in HTTP's sense; it was switched to another protocol.
  if (sent && !raw.headersSent) return { status: 101, bytes: 0 };
  if (!raw.writableFinished) return { status: 499, bytes: 0 };
  return { status: raw.statusCode, bytes: request.method === "HEAD" ? 0 : bytes };
}
