import { randomUUID } from "node:crypto";
import type { TlsOptions } from "node:tls";
import { type CodecTable, defaultCodecs } from "../codec/codecs.ts";
import { serveLocally } from "../local/local-server.ts";
import type {
  Compression,
  Dispatcher,
  IncomingCall,
  IncomingEvent,
  Protocol,
  ServerKeepalive,
} from "../protocol/protocol.ts";
import type { Endpoint, ServiceRecord } from "../registry/registry.ts";
import { messageValue } from "../registry/value.ts";
import { advertisedAddress, formatHostPort, parseListenAddress } from "../words/address.ts";
import { type Clock, sleep, systemClock } from "../words/clock.ts";
import { type AnyMethod, endpointName, type ServiceDescription } from "../words/description.ts";
import { closeable, closeOnce } from "../words/lifecycle.ts";
import { type Logger, silentLogger } from "../words/logger.ts";
import { CallContext, type Context } from "./context.ts";
import { dispatch, dispatchStream, dispatchValue } from "./dispatch.ts";
import { type Doors, openDoors } from "./doors.ts";
import type { ServerMiddleware } from "./handler.ts";
import type { Listener, ListenOptions } from "./listener.ts";
import { createRouter } from "./router.ts";
import type { Server } from "./server.ts";

export interface ServerOptions<C extends Context = Context> {
  /** The registry's name of the service. @default "go.micro.server" */
  name?: string;
  /** @default "latest" */
  version?: string;
  /** Tells this copy from others; the node's id is name, `-`, this. @default a random UUID */
  id?: string;
  /** Where to listen: `host:port`, `:port`, `[v6]:port`; port 0 takes a free one. @default ":0" */
  address?: string;
  /** What the registry is told instead of the listening address. */
  advertise?: string;
  /** Further metadata of the node; the framework's own keys win. */
  metadata?: Readonly<Record<string, string>>;
  /** Spoken on the port; the first one's name goes into the node's metadata. */
  protocols: readonly Protocol[];
  /** By content type. @default protobuf, JSON and bytes */
  codecs?: CodecTable;
  /** Wrapped around every handler, the first outermost. @default [] */
  middleware?: readonly ServerMiddleware<C>[];
  /** Makes the context of a call. @default a plain `Context` */
  context?: (call: IncomingCall, logger: Logger) => C;
  /** Certificate and key; without them the port is in clear. */
  tls?: TlsOptions;
  /** Largest message taken or sent, in bytes. @default 4 MiB */
  maxMessageBytes?: number;
  /** Signs of life asked of callers, and how long their connections are kept; gRPC's alone. */
  keepalive?: ServerKeepalive;
  /** Compresses replies to callers that can read it; gRPC's alone. @default "identity" */
  compression?: Compression;
  /** Connections held at once. @default 10000 */
  maxConnections?: number;
  /** Opens the port, in place of one of this machine's network: for tests that have a network of their own. */
  listen?: (options: ListenOptions) => Promise<Listener>;
  /** Takes what is published to the port itself, as mucp allows. @default none; senders are told 501 */
  onEvent?: (event: IncomingEvent) => Promise<void>;
  /** How long a new connection may stay silent, in milliseconds. @default 10000 */
  headTimeoutMs?: number;
  /** Told to the registry as node metadata `registry`. */
  registryName?: string;
  logger?: Logger;
  /** @default systemClock */
  clock?: Clock;
}

/** A server for the given protocols. */
export function createServer<C extends Context = Context>(options: ServerOptions<C>): Server<C> {
  const { name = "go.micro.server", version = "latest", logger = silentLogger, clock = systemClock } = options;
  const id = `${name}-${options.id ?? randomUUID()}`;
  const router = createRouter(options.codecs ?? defaultCodecs, options.middleware);
  const makeContext = options.context ?? ((call) => new CallContext(call, logger) as Context as C);
  const parts = { name, router, logger, context: (call: IncomingCall) => makeContext(call, logger) };
  let inFlight = 0;
  let requests = 0;
  let errors = 0;
  let onIdle: (() => void) | undefined;

  const dispatcher: Dispatcher = {
    kindOf: (endpoint) => router.find(endpoint)?.method.kind,
    hasHandler: router.hasHandler,
    ...(options.onEvent && { event: options.onEvent }),
    unary(call, body) {
      begin();
      return untilEnd(dispatch(parts, call, body));
    },
    stream(call, messages, send) {
      begin();
      return untilEnd(dispatchStream(parts, call, messages, send));
    },
  };

  async function untilEnd<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (reason) {
      errors++;
      throw reason;
    } finally {
      end();
    }
  }

  function begin(): void {
    requests++;
    inFlight++;
  }

  function end(): void {
    if (--inFlight === 0) onIdle?.();
  }

  const local = serveLocally(dispatcher, {
    clock,
    handlerOf({ endpoint, request, response }) {
      const route = router.find(endpoint);
      const { method } = route ?? {};
      if (!route || method?.kind !== "unary" || method.request !== request || method.response !== response)
        return undefined;
      return (call, value, succeed, fail) => {
        begin();
        dispatchValue(
          parts,
          route,
          call,
          value,
          (reply) => {
            end();
            succeed(reply);
          },
          (reason) => {
            errors++;
            end();
            fail(reason);
          },
        );
      };
    },
    ...(options.maxMessageBytes && { maxMessageBytes: options.maxMessageBytes }),
  });
  const serveOptions = {
    logger,
    ...(options.maxMessageBytes && { maxMessageBytes: options.maxMessageBytes }),
    ...(options.keepalive && { keepalive: options.keepalive }),
    ...(options.compression && { compression: options.compression }),
  };
  const protocols = options.protocols.map((protocol) => protocol.serve(dispatcher, serveOptions));
  let listener: Doors | undefined;

  const close = closeOnce(async () => {
    await listener?.close();
    local.close();
    await Promise.all(protocols.map((protocol) => protocol.close()));
  });

  return {
    handle: (description, handlers, handleOptions) => router.add(description, handlers, handleOptions),
    async start() {
      listener = await openDoors({
        listen: options.listen,
        spoken: options.protocols,
        address: parseListenAddress(options.address ?? ":0", "server address"),
        protocols,
        logger,
        tls: options.tls,
        headTimeoutMs: options.headTimeoutMs ?? 10_000,
        maxConnections: options.maxConnections ?? 10_000,
      });
      logger.info(
        `Server [${options.protocols[0]?.name}] Listening on ${formatHostPort(listener.address.host, listener.address.port)}`,
      );
    },
    get address() {
      return listener ? formatHostPort(listener.address.host, listener.address.port) : "";
    },
    record(): ServiceRecord {
      const { name: protocol = "grpc", transport = protocol } = options.protocols[0] ?? {};
      const metadata = {
        ...options.metadata,
        ...(options.registryName && { registry: options.registryName }),
        protocol,
        server: protocol,
        transport,
      };
      const address = advertisedAddress(options.advertise, (listener ?? notStarted()).address);
      return {
        name,
        version,
        metadata: {},
        endpoints: endpointsOf(router.published()),
        nodes: [{ id, address, metadata }],
      };
    },
    local,
    calls: () => ({ requests, errors }),
    async drain(timeoutMs) {
      listener?.stopAccepting();
      const answered = inFlight === 0 ? Promise.resolve() : new Promise<void>((resolve) => (onIdle = resolve));
      const giveUp = new AbortController();
      const drained = Promise.all([answered, local.drain(), ...protocols.map((protocol) => protocol.drain())]);
      const expired = sleep(clock, timeoutMs, giveUp.signal).catch(() => undefined); // aborted once the race is over
      await Promise.race([drained, expired]);
      giveUp.abort();
      return inFlight;
    },
    ...closeable(close),
  };
}

/** Handlers by name, each one's methods by name, as go-micro orders them. */
function endpointsOf(published: readonly { description: ServiceDescription; method: AnyMethod }[]): Endpoint[] {
  const endpoints = published.map(({ description, method }) => {
    const unary = method.kind === "unary";
    return {
      name: endpointName(description, method),
      request: unary ? messageValue(method.request) : streamValue("Context"),
      response: unary ? messageValue(method.response) : streamValue("Stream"),
      metadata: { ...method.metadata, ...(!unary && { stream: "true" }) },
    };
  });
  return endpoints.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

// The Go types of a streaming method's parameters, which is what readers of the registry expect there.
function streamValue(name: string): { name: string; type: string; values: [] } {
  return { name, type: name, values: [] };
}

function notStarted(): never {
  throw new Error("the server has no address before start");
}
