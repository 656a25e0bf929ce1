import { basename } from "node:path";
import type { TlsOptions } from "node:tls";
import { httpBrokerPlugin } from "../broker/http/http.ts";
import { memoryBrokerPlugin } from "../broker/memory.ts";
import type { BrokerPlugin } from "../broker/plugin.ts";
import type { SubscriberMiddleware } from "../broker/subscriber.ts";
import { type ClientMiddleware, type ClientOptions, createClient } from "../client/create-client.ts";
import { grpc, grpcJs } from "../grpc/grpc.ts";
import { legacyMucp, mucp } from "../mucp/mucp.ts";
import type { ClientTls } from "../protocol/protocol.ts";
import { mdns } from "../registry/mdns/mdns.ts";
import { memory } from "../registry/memory.ts";
import type { RegistryPlugin } from "../registry/plugin.ts";
import { registrySelector } from "../selector/registry-selector.ts";
import { createServer } from "../server/create-server.ts";
import type { ServerMiddleware } from "../server/handler.ts";
import { type Clock, sleep, systemClock } from "../words/clock.ts";
import { MicroError } from "../words/errors.ts";
import { closeable, closeOnce, closeStack } from "../words/lifecycle.ts";
import type { Logger } from "../words/logger.ts";
import { metadata } from "../words/metadata.ts";
import { createLogger, standardOutput } from "../words/pino-logger.ts";
import { ConfigError, type Plugin } from "../words/plugin.ts";
import { type Announcement, announce } from "./announce.ts";
import { contextMaker } from "./context.ts";
import { addConventions, type HandledService } from "./conventions/add-conventions.ts";
import { serviceState } from "./conventions/state.ts";
import { debugHandler } from "./debug/handler.ts";
import { logTail } from "./debug/log-tail.ts";
import { memoryTracer } from "./debug/spans.ts";
import { formatHelp } from "./flag-help.ts";
import { Debug } from "./gen/debug.ts";
import { lazyRegistry } from "./lazy-registry.ts";
import { type Messaging, messaging } from "./messaging.ts";
import { choosePlugin } from "./plugins.ts";
import type { Service, ServiceContext, SubscriberContext } from "./service.ts";
import { serviceFlags } from "./service-flags.ts";
import { readSettings } from "./settings.ts";
import { untilSignal } from "./signals.ts";

/** What the program says about its service. Flags and environment go before each of these where there is one. */
export interface ServiceOptions {
  /** The registry's name, `go.micro.srv.user`. Flag `--server_name`. */
  name: string;
  /** @default "latest" */
  version?: string;
  /** Implementations besides the built-in ones (mdns, memory), chosen by flags such as `--registry`. @default [] */
  plugins?: readonly Plugin[];
  /** Where to listen. Flag `--server_address`. @default ":0" */
  address?: string;
  /** What the registry is told instead. Flag `--server_advertise`. */
  advertise?: string;
  /** Metadata of the node. Flag `--server_metadata` replaces it. */
  metadata?: Readonly<Record<string, string>>;
  /** The registry to use. Flag `--registry`. @default "mdns" */
  registry?: string;
  /** How long a registration lives, in milliseconds, rounded up to seconds; 0 for ever. @default 60000 */
  registerTtlMs?: number;
  /** How often it is renewed, in milliseconds. @default half the ttl, 30000 at most */
  registerIntervalMs?: number;
  /** How long callers are given to notice that the node is leaving before it takes no more calls, in milliseconds. @default 500 */
  noticeMs?: number;
  /** How long calls in flight may take when the service stops, in milliseconds. Flag `--drain_timeout`. @default 8000 */
  drainTimeoutMs?: number;
  /** Settings of the client. */
  client?: Pick<ClientOptions, "timeoutMs" | "retries" | "retry" | "backoff" | "poolSize" | "poolTtlMs" | "metadata">;
  /** Around every call that the service makes, the first outermost. @default [] */
  clientMiddleware?: readonly ClientMiddleware[];
  /** What carries published messages. Flag `--broker`. @default "http" */
  broker?: string;
  /** Around every subscriber, the first outermost. @default [] */
  subscriberMiddleware?: readonly SubscriberMiddleware<SubscriberContext>[];
  /** Around every handler, the first outermost. @default [] */
  middleware?: readonly ServerMiddleware<ServiceContext>[];
  /** Serve TLS with this certificate and key. */
  tls?: TlsOptions;
  /** Speak TLS to the services that are called. */
  clientTls?: ClientTls;
  /** Largest message taken or sent, in bytes. @default 4 MiB */
  maxMessageBytes?: number;
  /** Tell whoever asks by gRPC reflection which services there are and what their messages look like. Flag `--grpc_reflection`. @default false */
  reflection?: boolean;
  hooks?: Hooks;
  /** @default one made by `--log_level` and `--log_format` */
  logger?: Logger;
  /** Arguments to read flags from. @default those of the process */
  argv?: readonly string[];
  /** @default the environment of the process */
  env?: Readonly<Record<string, string | undefined>>;
  /** @default systemClock */
  clock?: Clock;
}

/** Functions that run at the turns of a service's life. One before start that rejects ends the start. */
export interface Hooks {
  beforeStart?(): void | Promise<void>;
  afterStart?(): void | Promise<void>;
  beforeStop?(): void | Promise<void>;
  afterStop?(): void | Promise<void>;
}

/** A service of this name; see `Service`. Opens nothing yet. */
export function createService(options: ServiceOptions): Service {
  const program = basename(process.argv[1] ?? options.name);
  const settings = readSettings(options, program);
  const { values } = settings;
  const clock = options.clock ?? systemClock;
  const format = values.log_format ?? "text";
  // Kept for Debug.Log; a logger that the program brings keeps its lines to itself.
  const log = options.logger ? undefined : logTail(standardOutput(format), clock.now);
  const logger =
    options.logger ?? createLogger({ level: values.log_level ?? "info", format, ...defined("destination", log) });
  const name = values.server_name ?? options.name;
  const tracer = values.tracer === "memory" ? memoryTracer(name) : undefined;
  const version = values.server_version ?? options.version ?? "latest";
  const registryName = values.registry ?? options.registry ?? "mdns";
  const maxMessageBytes = options.maxMessageBytes !== undefined && { maxMessageBytes: options.maxMessageBytes };
  const overHttp2 = values.grpc_engine === "grpc-js" ? grpcJs : grpc;
  // Both are served on the one port; the first is what the registry is told.
  const served = values.server === "mucp" ? [mucp, overHttp2] : [overHttp2, mucp];
  // Closed last to first: the registry after everything that asks it.
  const parts = closeStack();

  const registry = parts.use(lazyRegistry(registryName, openRegistry));
  const selector = parts.use(registrySelector({ registry, clock, strategy: settings.strategy, logger }));
  const rawClient = parts.use(
    createClient({
      selector,
      clock,
      protocols: [overHttp2, mucp, legacyMucp],
      ...options.client,
      middleware: [...(options.clientMiddleware ?? []), ...(tracer ? [tracer.client] : [])],
      ...(values.client_request_timeout !== undefined && { timeoutMs: values.client_request_timeout }),
      ...(values.client_retries !== undefined && { retries: values.client_retries }),
      ...(values.client_pool_ttl !== undefined && { poolTtlMs: values.client_pool_ttl }),
      ...(options.clientTls && { tls: options.clientTls }),
      ...maxMessageBytes,
      metadata: { ...metadata(options.client?.metadata), "micro-from-service": name },
    }),
  );
  const brokerName = values.broker ?? options.broker ?? "http";
  const messages: Messaging = parts.use(
    messaging({
      name,
      brokerName,
      openBroker,
      clock,
      logger,
      middleware: options.subscriberMiddleware ?? [],
      context: (event) => contexts.ofEvent(event),
    }),
  );
  const contexts = contextMaker(rawClient, messages.publish);
  const server = createServer<ServiceContext>({
    name,
    version,
    clock,
    logger,
    registryName,
    protocols: served,
    context: contexts.ofCall,
    ...(values.server_id !== undefined && { id: values.server_id }),
    ...defined("address", values.server_address ?? options.address),
    ...defined("advertise", values.server_advertise ?? options.advertise),
    ...defined("metadata", values.server_metadata ?? options.metadata),
    middleware: [...(tracer ? [tracer.server] : []), ...(options.middleware ?? [])],
    ...defined("tls", options.tls),
    ...maxMessageBytes,
  });
  const state = serviceState();
  const handled: HandledService[] = [];
  let announcement: Announcement | undefined;

  function openRegistry() {
    if (settings.problem) throw settings.problem;
    const plugins = [...(options.plugins ?? []), mdns, memory];
    const plugin = choosePlugin<RegistryPlugin>(
      "registry",
      registryName,
      plugins,
      values.registry ? "--registry" : "registry",
    );
    return plugin.open({ addresses: values.registry_address ?? [], logger });
  }

  function openBroker() {
    if (settings.problem) throw settings.problem;
    const plugins = [...(options.plugins ?? []), httpBrokerPlugin, memoryBrokerPlugin];
    const plugin = choosePlugin<BrokerPlugin>("broker", brokerName, plugins, values.broker ? "--broker" : "broker");
    return plugin.open({ addresses: values.broker_address ?? [], logger, registry });
  }

  async function start(): Promise<void> {
    if (settings.problem) throw settings.problem;
    await registry.open();
    for (const warning of settings.warnings) logger.warn(warning);
    logger.info(`Starting [service] ${name}`);
    await options.hooks?.beforeStart?.();
    const debug = parts.use(debugHandler({ now: clock.now, calls: server.calls, log, tracer }));
    server.handle(Debug, debug.handlers, { internal: true });
    const reflection = values.grpc_reflection ?? options.reflection ?? false;
    addConventions({ server, service: name, handled, state, reflection, logger });
    await server.start();
    // Before anybody can find the node, who may ask at once whether it serves.
    state.enter("serving");
    const { ttlMs, intervalMs } = settings;
    announcement = announce({
      registry,
      record: messages.announced(server.record()),
      ttlMs,
      intervalMs,
      clock,
      logger,
    });
    await announcement.tried;
    await messages.start();
    await options.hooks?.afterStart?.();
  }

  async function stop(): Promise<void> {
    // Each step runs whatever became of the one before it; what failed comes back at the end.
    const ending = closeStack();
    ending.defer(() => options.hooks?.afterStop?.());
    ending.defer(() => logger.flush());
    ending.use(parts);
    ending.use(server);
    if (announcement) ending.defer(leave);
    ending.defer(() => options.hooks?.beforeStop?.());
    await ending.close();
  }

  /** Out of the registry first, then out of callers' lists, then done with what they had begun. */
  async function leave(): Promise<void> {
    state.enter("draining");
    const deregistered = announcement?.stop();
    await Promise.allSettled([deregistered]);
    await sleep(clock, options.noticeMs ?? 500);
    state.enter("ending");
    const timeoutMs = values.drain_timeout ?? options.drainTimeoutMs ?? 8_000;
    const unsubscribed = messages.stop();
    const cutOff = await server.drain(timeoutMs);
    await Promise.race([unsubscribed, sleep(clock, timeoutMs, undefined, { background: true })]);
    if (cutOff > 0) logger.warn(`${cutOff} calls were still running after ${timeoutMs} ms and are cut off`);
    await deregistered;
  }

  const close = closeOnce(stop);

  async function reported(work: () => Promise<void>): Promise<void> {
    try {
      if (settings.help)
        process.stdout.write(formatHelp(serviceFlags, { program, summary: `${name}, a micro service.` }));
      else await work();
    } catch (reason) {
      await close().catch((failure: unknown) => logger.error({ err: failure }, `stopping ${name} failed`));
      if (!(reason instanceof ConfigError || reason instanceof MicroError)) throw reason;
      process.stderr.write(`${name}: ${reason instanceof MicroError ? reason.detail : reason.message}\n`);
      process.exitCode = reason instanceof ConfigError ? 2 : 1;
    }
  }

  const service: Service = {
    name,
    version,
    logger,
    args: settings.args,
    rawClient,
    registry,
    get address() {
      return server.address;
    },
    handle(description, handlers, handleOptions) {
      server.handle(description, handlers, handleOptions);
      handled.push({ description, internal: handleOptions?.internal ?? false });
      return service;
    },
    client: (description, of) => rawClient.of(description, of),
    subscribe(topic, subscriber, subscriberOptions) {
      messages.subscribe(topic, subscriber, subscriberOptions);
      return service;
    },
    publish: messages.publish,
    start,
    stop: close,
    run: () =>
      reported(async () => {
        const signalled = untilSignal();
        await start();
        logger.info(`Received signal ${await signalled}, stopping ${name}`);
        await close();
      }),
    runOnce: (task) =>
      reported(async () => {
        if (settings.problem) throw settings.problem;
        await registry.open();
        await task();
        await close();
      }),
    ...closeable(close),
  };
  return service;
}

/** An entry only when there is a value, as `exactOptionalPropertyTypes` asks. */
function defined<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}
