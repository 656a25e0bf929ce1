import type { Client, Closeable, Logger } from "@micro/core";
import { badRequest, closeable, closeOnce, MicroError, silentLogger } from "@micro/core";
import {
  cleanPath,
  gatewayId,
  type Handler,
  type HttpAnswer,
  type HttpRequest,
  handlerNamed,
  noRoute,
  type Resolver,
  resolverNamed,
  servicePrefix,
  splitTarget,
  withRoute,
} from "@micro/gateway";
import type { FastifyRequest } from "fastify";
import { bind } from "./bind.ts";
import { httpServer } from "./http-server.ts";
import { inFlight } from "./in-flight.ts";
import { type ApiOptions, defaults } from "./options.ts";
import { peerSignal } from "./peer-signal.ts";
import { readBody } from "./read-body.ts";
import { requestTimeout } from "./request-timeout.ts";

/** What the gateway stands on; both stay their maker's. */
export interface ApiParts {
  /** Calls the services. */
  client: Client;
  /** Gets a line for each request at `info`. @default silentLogger */
  logger?: Logger;
}

/** The API gateway. `close` takes no new connections, finishes the requests in flight and ends the rest. */
export interface Api extends Closeable {
  /** Listens. Rejects with a `ConfigError` when the address cannot be had. */
  start(): Promise<void>;
  /** Where it listens, `[::]:8080`; empty before `start`. */
  readonly address: string;
  /** What the names of the services it reaches begin with, `go.micro.api`. */
  readonly prefix: string;
}

/** A gateway over the given parts. Throws a `ConfigError` for options that make no sense; opens nothing yet. */
export function createApi({ client, logger = silentLogger }: ApiParts, options: ApiOptions = {}): Api {
  const settings = { ...defaults, ...options };
  const prefix = servicePrefix(settings);
  const parts: AnswerParts = {
    settings,
    resolve: resolverNamed(settings.resolver, prefix),
    handle: handlerNamed(settings.handler, client),
    fixed: fixedAnswers(settings.version),
  };
  const flight = inFlight();
  const app = httpServer((request) => answer(parts, request), flight, settings, logger);
  let address = "";

  const close = closeOnce(async () => {
    const drained = flight.drained(settings.drainTimeoutMs);
    const closed = app.close();
    const cutOff = await drained;
    if (cutOff > 0)
      logger.warn(`${cutOff} requests were still in flight after ${settings.drainTimeoutMs} ms and are cut off`);
    // What is left by now are connections without a request: kept alive, or opened in advance by a browser.
    app.server.closeAllConnections();
    await closed;
  });

  return {
    prefix,
    get address() {
      return address;
    },
    async start() {
      await app.ready();
      address = await bind(app.server, settings.address);
    },
    ...closeable(close),
  };
}

interface AnswerParts {
  readonly settings: Required<ApiOptions>;
  readonly resolve: Resolver;
  readonly handle: Handler;
  /** Answers that no service gives, by path. */
  readonly fixed: ReadonlyMap<string, HttpAnswer>;
}

/** One request, from HTTP to HTTP. */
async function answer(parts: AnswerParts, incoming: FastifyRequest): Promise<HttpAnswer> {
  requireHost(incoming);
  const { path, query } = splitTarget(incoming.originalUrl);
  const clean = cleanPath(path);
  const fixed = parts.fixed.get(clean);
  if (fixed) return incoming.method === "OPTIONS" ? { ...fixed, body: "" } : fixed;

  const request = await readRequest(parts, incoming, clean, query);
  const route = parts.resolve(request);
  if (!route) throw noRoute(request);
  const timeoutMs = requestTimeout(request, parts.settings);
  try {
    return await parts.handle(request, route, { timeoutMs, signal: peerSignal(incoming.raw.socket) });
  } catch (reason) {
    throw reason instanceof MicroError ? withRoute(reason, route, request) : reason;
  }
}

/** HTTP/1.1 asks for one, and for 400 where it is missing. */
function requireHost({ raw }: FastifyRequest): void {
  if (raw.headers.host === undefined && raw.httpVersion === "1.1")
    throw badRequest(gatewayId, "the request has no Host header");
}

async function readRequest(
  { settings }: AnswerParts,
  { raw, method, originalUrl }: FastifyRequest,
  path: string,
  query: string,
): Promise<HttpRequest> {
  return {
    method,
    url: originalUrl,
    path,
    query,
    headers: raw.headers,
    rawHeaders: raw.rawHeaders,
    remoteAddress: raw.socket.remoteAddress ?? "",
    body: await readBody(raw, settings.maxBodyBytes),
  };
}

function fixedAnswers(version: string): ReadonlyMap<string, HttpAnswer> {
  const json: HttpAnswer["headers"] = [["content-type", "application/json"]];
  return new Map<string, HttpAnswer>([
    // Scripts compare the text, and go-micro writes a blank after the colon.
    ["/", { status: 200, headers: json, body: `{"version": ${JSON.stringify(version)}}` }],
    ["/favicon.ico", { status: 200, headers: [], body: "" }],
  ]);
}
