import { METHODS, type Server } from "node:http";
import type { Logger } from "@micro/core";
import { errorAnswer, type HttpAnswer, splitTarget } from "@micro/gateway";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { accessLog, type Outcome } from "./access-log.ts";
import { answerClientError } from "./client-error.ts";
import type { InFlight } from "./in-flight.ts";
import type { ApiOptions } from "./options.ts";
import { toMicroError } from "./to-micro-error.ts";

/** Answers one request; what it throws becomes the error's JSON. */
export type Answer = (request: FastifyRequest) => Promise<HttpAnswer>;

type Limits = Required<
  Pick<ApiOptions, "maxHeaderBytes" | "headersTimeoutMs" | "requestTimeoutMs" | "keepAliveTimeoutMs">
>;

/**
 * Fastify with one route for everything. Bodies are left unread on the request, since what to do with them is the
 * answer's decision; its own parsers would look into content types and refuse what the gateway takes.
 */
export function httpServer(answer: Answer, flight: InFlight, limits: Limits, logger: Logger): FastifyInstance<Server> {
  const app = fastify({
    http: {
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
    frameworkErrors: (error, request, reply) => send(reply, failure(error, request), flight),
    clientErrorHandler: answerClientError,
  });
  const methods = METHODS.filter((method) => method !== "CONNECT");
  for (const method of methods) app.addHttpMethod(method, { hasBody: false, overrideExisting: true });

  const log = accessLog(logger);
  app.addHook("onRequest", (request, reply, done) => {
    flight.add(reply.raw);
    const ended = log()?.(request.raw, request.originalUrl);
    if (ended) reply.raw.once("close", () => ended(outcomeOf(reply)));
    done();
  });
  app.setErrorHandler((error, request, reply) => send(reply, failure(error, request), flight));
  app.setNotFoundHandler((request, reply) => respond(request, reply));
  app.route({ method: methods, url: "/*", handler: respond });

  async function respond(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    return send(reply, await answer(request), flight);
  }

  function failure(
    reason: unknown,
    { method, originalUrl }: Pick<FastifyRequest, "method" | "originalUrl">,
  ): HttpAnswer {
    const error = toMicroError(reason);
    const answer = errorAnswer(error);
    const line = `${method} ${splitTarget(originalUrl).path} failed: ${error.id}: ${error.detail}`;
    if (answer.status >= 500) logger.warn(line);
    else logger.debug(line);
    return answer;
  }

  return app;
}

function send(reply: FastifyReply, { status, headers, body }: HttpAnswer, flight: InFlight): FastifyReply {
  reply.code(status);
  for (const [name, values] of grouped(headers)) reply.header(name, values.length === 1 ? values[0] : values);
  if (flight.draining) reply.header("connection", "close");
  // Always bytes: to text Fastify gives a charset, which the type of the request did not have.
  return reply.send(
    typeof body === "string" ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.length),
  );
}

function outcomeOf(reply: FastifyReply): Outcome {
  if (!reply.raw.writableFinished) return { status: 499, bytes: 0 };
  const bytes = reply.request.method === "HEAD" ? 0 : Number(reply.getHeader("content-length") ?? 0);
  return { status: reply.statusCode, bytes };
}

/** All values of one header together: set one by one, the last would replace those before. */
function grouped(headers: HttpAnswer["headers"]): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const values = result.get(key);
    if (values) values.push(value);
    else result.set(key, [value]);
  }
  return result;
}
