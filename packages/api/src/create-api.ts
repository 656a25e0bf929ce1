import { setMaxListeners } from "node:events";
import {
  type Client,
  type Clock,
  type Closeable,
  closeable,
  closeOnce,
  closeStack,
  type Logger,
  type Registry,
  registrySelector,
  silentLogger,
  systemClock,
} from "@micro/core";
import {
  createHandlers,
  type FixedPath,
  type FixedPaths,
  fixedPaths,
  type GatewayRequest,
  type Handlers,
  type HttpAnswer,
  handlerNames,
  noRoute,
  type Publish,
  passesHttpOn,
  type Route,
  type Router,
  requireWord,
  rpcEndpoint,
  type Stage,
  servicePrefixes,
  throughStages,
} from "@micro/gateway";
import { adminServer } from "./admin-server.ts";
import type { Reception } from "./arrived-request.ts";
import { bind } from "./bind.ts";
import { bodyReader } from "./body-reader.ts";
import { clientAddress } from "./client-address.ts";
import { type Explanation, explain, type Question } from "./explain.ts";
import type { Extension, ExtensionParts, GatewayView } from "./extension.ts";
import { failureAnswer } from "./failure-answer.ts";
import { healthPaths } from "./health.ts";
import { httpServer } from "./http-server.ts";
import { inFlight } from "./in-flight.ts";
import { type ApiOptions, defaults } from "./options.ts";
import { ownPaths } from "./own-paths.ts";
import { proxyTrust } from "./proxy-trust.ts";
import { requestTimeout } from "./request-timeout.ts";
import { requireHost } from "./require-host.ts";
import { createRouting, type Routing } from "./routing.ts";
import type { TlsSource } from "./tls/tls-source.ts";

/** What the gateway stands on; all stay their maker's. */
export interface ApiParts {
  /** Calls the services. */
  client: Client;
  /**
   * Tells which services there are, what they declare and take. Without it requests are resolved by their path alone, and there is
   * nothing to pass HTTP on to. @default none
   */
  registry?: Registry;
  /** What the handler `event` publishes with, as `Service.publish`. @default none */
  publish?: Publish;
  /** Gets a line for each request at `info`. @default silentLogger */
  logger?: Logger;
  /** Around every request, WebSockets' handshakes and fixed paths included, the first outermost. @default [] */
  stages?: readonly Stage[];
  /** Around every request that goes to a service, when `request.route` tells which. @default [] */
  routedStages?: readonly Stage[];
  /** Paths that the gateway answers itself, besides `/`, `/favicon.ico` and `/rpc`. @default [] */
  fixedPaths?: readonly FixedPath[];
  /** Metrics, CORS, authentication and the like; stages of theirs stand outside `stages`, the first outermost. @default [] */
  extensions?: readonly Extension[];
  /** Serves HTTPS with what this gives, and nothing in clear. It is closed with the gateway. @default HTTP in clear */
  tls?: TlsSource;
  /** @default systemClock */
  clock?: Clock;
}

/** The API gateway. `close` takes no new connections, finishes the requests in flight and ends the rest. */
export interface Api extends Closeable {
  /** Looks at the registry and listens. Rejects with a `ConfigError` when the address cannot be had. */
  start(): Promise<void>;
  /** Where it listens, `[::]:8080`; empty before `start`. */
  readonly address: string;
  /** Where those who run it find metrics and health; empty without `adminAddress`, and before `start`. */
  readonly adminAddress: string;
  /** What the names of the services it reaches begin with, `go.micro.api`; with the namespace `domain` for hosts that tell none. */
  readonly prefix: string;
  /**
   * The same for requests to a host, which differs with the namespace `domain` only; to be asked after `start` or `explain`. Throws 400
   * for what is no host's name.
   */
  prefixOf(host: string): string;
  /** What a request would come to, and why; looks at the registry, calls nothing. Works without `start`. */
  explain(question: Question): Promise<Explanation>;
}

/**
 * A gateway over the given parts. Throws a `ConfigError` for options that make no sense; opens nothing yet.
 *
 * The way of a request, which is what a part that wants to add something has to know:
 *
 *     http-server.ts      the socket, TLS, HTTP's limits; plain requests and upgrades alike
 *     parts.stages        outermost first; see every request and every answer. parts.extensions add theirs outside
 *                         them: metrics, CORS, compression, authentication, rate limits: `async (request, next) => { … await next() … }`
 *     fixed paths         own-paths.ts, `/rpc` and parts.fixedPaths: `/health/live`, `/docs/` (a slash at the end is all below)
 *     routing             sets `request.route`: declared routes, then the resolver
 *     parts.routedStages  the same kind of stage, once it is known which endpoint is meant: authorisation, quotas
 *     handler             reads or pipes the body, calls the service
 *
 * A stage ends a request by answering, or by throwing a `MicroError`, without calling `next`. `next` never rejects: a failure is
 * an answer with `error` set, so whoever wraps it sees it, whatever it came from. What a stage knows about the caller goes to
 * services through `request.trusted`, metadata that no header can overwrite. Bodies of answers may be streams
 * (`answer.body` is then a `Readable`), and after a WebSocket's handshake the connection is gone (`answer.taken`).
 */
export function createApi(parts: ApiParts, options: ApiOptions = {}): Api {
  const { client, registry, publish, logger = silentLogger, clock = systemClock, tls } = parts;
  const settings = { ...defaults, ...options };
  const handler = requireWord("handler", settings.handler, handlerNames);
  const prefixes = servicePrefixes(settings);
  // Closed last to first.
  const own = closeStack();
  const routing = own.use(createRouting({ registry, logger, clock }, settings, prefixes));
  const selector = registry && own.use(registrySelector({ registry, clock, logger }));
  const handlers = own.use(
    createHandlers(
      { client, clock, ...(selector && { selector }), ...(publish && { publish }) },
      {
        prefixes,
        streams: {
          idleMs: settings.streamIdleMs,
          pingMs: settings.streamPingMs,
          maxMessageBytes: settings.maxMessageBytes,
        },
        proxy: { maxBodyBytes: settings.maxProxyBodyBytes, answerTimeoutMs: settings.proxyTimeoutMs },
        messages: {
          unknownFields: settings.unknownFields,
          emitDefaults: settings.emitDefaults,
          endpointOf: routing.router.endpointOf,
        },
      },
    ),
  );
  if (handler !== "meta") handlers.require(handler);

  const flight = inFlight();
  const closing = new AbortController();
  // Each stream waits for it; many at once are no leak.
  setMaxListeners(0, closing.signal);
  const failed = failureAnswer(logger, settings.mapError);
  const rpc = rpcEndpoint(client, {
    allow: settings.rpcAllow,
    allowInternal: settings.allowInternal,
    timeoutOf: (request) => requestTimeout(request, settings).timeoutMs,
  });
  const isProxy = proxyTrust(settings.trustedProxies);
  const view: GatewayView = {
    prefix: prefixes.usual,
    prefixOf: prefixes.of,
    resolver: settings.resolver,
    handler,
    version: settings.version,
    client,
    logger,
    clock,
    services: () => routing.services?.list() ?? [],
    knows: (route) => isKnown(route, routing),
    declaredRoutes: (request) => routing.declaredFor(request),
    isFixed: (path) => fixed(path) !== undefined,
    inFlight: () => flight.count,
    clientAddress: (request) => clientAddress(request, isProxy),
  };
  const extensions = (parts.extensions ?? []).map((extend) => extend(view));
  for (const { close } of extensions) if (close) own.defer(close);
  if (tls) own.use(tls);
  const stages = [
    ...extensions.flatMap((each) => each.stages ?? []),
    ...(parts.stages ?? []),
    ...extensions.flatMap((each) => each.innerStages ?? []),
  ];
  const routedStages = [...extensions.flatMap((each) => each.routedStages ?? []), ...(parts.routedStages ?? [])];
  const { services } = routing;
  const health = healthPaths({
    draining: () => flight.draining,
    ...(registry &&
      services && { registry: { name: registry.name, known: () => services.known, inTouch: () => services.inTouch } }),
  });
  const adminPaths = extensions.flatMap((each) => each.adminPaths ?? []);
  const fixed = fixedPaths([
    ...ownPaths(settings.version),
    ...health,
    ...(settings.enableRpc ? [{ path: "/rpc", answer: rpc }] : []),
    ...extensions.flatMap((each) => each.fixedPaths ?? []),
    ...(settings.adminAddress ? [] : adminPaths),
    ...(parts.fixedPaths ?? []),
  ]);
  const way: Way = { settings, fixed, router: routing.router, handlers, routed: undefined };
  if (routedStages.length > 0) way.routed = throughStages(routedStages, (request) => handle(way, request), failed);
  const reception: Reception = { readBody: bodyReader(settings), closing: closing.signal, isProxy };
  const admin = settings.adminAddress
    ? own.use(adminServer({ address: settings.adminAddress, paths: [...health, ...adminPaths], reception, failed }))
    : undefined;
  const http = httpServer({
    answer: throughStages(stages, (request) => onTheWay(way, request), failed),
    failed,
    flight,
    limits: settings,
    logger,
    reception,
    ...(tls && { tls }),
    clientAddress: view.clientAddress,
  });
  let address = "";
  let adminAt = "";

  const close = closeOnce(async () => {
    const drained = flight.drained(settings.drainTimeoutMs);
    const closed = http.close();
    closing.abort();
    const cutOff = await drained;
    if (cutOff > 0)
      logger.warn(`${cutOff} requests were still in flight after ${settings.drainTimeoutMs} ms and are cut off`);
    // What is left by now are connections without a request: kept alive, or opened in advance by a browser.
    http.server.closeAllConnections();
    http.upgraded.destroy();
    await closed;
    await own.close();
  });

  return {
    prefix: prefixes.usual,
    prefixOf: (host) => prefixes.of({ headers: { host } }),
    get address() {
      return address;
    },
    get adminAddress() {
      return adminAt;
    },
    async start() {
      await Promise.all([routing.look(), ...startsOf(extensions)]);
      // A source that is asked at the port which is served gets no certificate before it is.
      if (tls?.ownHandshakes) address = await bind(http.server, settings.address);
      if (tls) await tls.start(http.useTls);
      if (admin) adminAt = await admin.start();
      address ||= await bind(http.server, settings.address);
    },
    async explain(question) {
      await routing.look();
      return explain({ ...routing, prefixes, fixed, handler, settings }, question);
    },
    ...closeable(close),
  };
}

/** What the extensions do before the gateway listens. */
function startsOf(extensions: readonly ExtensionParts[]): (Promise<void> | undefined)[] {
  return extensions.map(({ start }) => start?.());
}

/** Whether the registry shows the endpoint of a route, or for one whose endpoint is the verb its service. */
function isKnown(route: Route, { router, services }: Routing): boolean {
  if (router.endpointOf(route)) return true;
  return route.handler !== undefined && passesHttpOn(route.handler) && services?.get(route.service) !== undefined;
}

interface Way {
  readonly settings: Required<Omit<ApiOptions, "mapError">>;
  readonly fixed: FixedPaths;
  readonly router: Router;
  readonly handlers: Handlers;
  /** The stages between routing and handler; undefined without any. */
  routed: ((request: GatewayRequest) => Promise<HttpAnswer>) | undefined;
}

/** One request, from the outer stages to its handler. */
function onTheWay(way: Way, request: GatewayRequest): HttpAnswer | Promise<HttpAnswer> {
  requireHost(request);
  const fixed = way.fixed(request.path);
  if (fixed) return answerFixed(fixed, request);
  const route = way.router.route(request);
  if (!route) throw noRoute(request);
  request.route = route;
  return way.routed ? way.routed(request) : handle(way, request);
}

async function answerFixed(fixed: FixedPath, request: GatewayRequest): Promise<HttpAnswer> {
  const answer = await fixed.answer(request);
  return request.method === "OPTIONS" ? { ...answer, body: "" } : answer;
}

function handle(way: Way, request: GatewayRequest): Promise<HttpAnswer> {
  const { route } = request;
  if (!route) throw noRoute(request);
  const { timeoutMs, timeoutAsked } = requestTimeout(request, way.settings);
  const handler = way.handlers.require(route.handler ?? "rpc");
  return handler(request, route, { timeoutMs, timeoutAsked, signal: request.signal });
}
