import { codecsThat, defaultCodecs } from "../codec/codecs.ts";
import type { LocalNodes } from "../local/local-nodes.ts";
import { createServer } from "../server/create-server.ts";
import type { Server } from "../server/server.ts";
import { type Clock, systemClock } from "../words/clock.ts";
import { type CloseStack, closeStack } from "../words/lifecycle.ts";
import type { Logger } from "../words/logger.ts";
import { createLogger, standardOutput } from "../words/pino-logger.ts";
import { type Calling, calling } from "./calling.ts";
import { chosenParts } from "./chosen-parts.ts";
import { contextMaker } from "./context.ts";
import { type LogTail, logTail } from "./debug/log-tail.ts";
import { memoryTracer, type Tracer } from "./debug/spans.ts";
import { type LazyRegistry, lazyRegistry } from "./lazy-registry.ts";
import { sharedNodes } from "./local-calls.ts";
import { type Messaging, messaging } from "./messaging.ts";
import { spokenProtocols } from "./protocols.ts";
import type { ServiceContext } from "./service.ts";
import type { ServiceOptions } from "./service-options.ts";
import type { Settings } from "./settings.ts";

/** The parts of one service, wired together; none has done anything yet. */
export interface Wiring {
  readonly name: string;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The lines of the service's own logger; undefined where the program brought one. */
  readonly log: LogTail | undefined;
  readonly tracer: Tracer | undefined;
  readonly registry: LazyRegistry;
  readonly messages: Messaging;
  readonly server: Server<ServiceContext>;
  readonly calls: Calling;
  /** Where the other services of the process find this one; undefined when they shall go by the network. */
  readonly local: LocalNodes | undefined;
  /** Closes all but the server, last to first: the registry after everything that asks it. */
  readonly parts: CloseStack;
}

/** Makes the parts that settings and options ask for, and hands each the others that it needs. */
export function wire(options: ServiceOptions, settings: Settings): Wiring {
  const { values } = settings;
  const clock = options.clock ?? systemClock;
  const name = values.server_name ?? options.name;
  const version = values.server_version ?? options.version ?? "latest";
  const { logger, log } = loggerOf(options, settings, clock);
  const tracer = values.tracer === "memory" ? memoryTracer(name) : undefined;
  const chosen = chosenParts(options, settings, logger);
  const parts = closeStack();

  const registry = parts.use(lazyRegistry(chosen.registryName, chosen.openRegistry));
  const spoken = spokenProtocols(options, values);
  const local = sharedNodes(options.localCalls ?? (options.protocols ? "never" : "chosen"));
  const calls = parts.use(calling(options, settings, { name, registry, spoken, local, tracer, clock, logger }));
  const messages: Messaging = parts.use(
    messaging({
      name,
      brokerName: chosen.brokerName,
      openBroker: () => chosen.openBroker(registry),
      clock,
      logger,
      codecs: options.codecs ?? defaultCodecs,
      middleware: options.subscriberMiddleware ?? [],
      context: (event) => contexts.ofEvent(event),
    }),
  );
  const contexts = contextMaker(calls.client, messages.publish);
  const server = createServer<ServiceContext>({
    name,
    version,
    clock,
    logger,
    registryName: chosen.registryName,
    protocols: spoken.served,
    context: contexts.ofCall,
    onEvent: messages.deliver,
    ...defined("listen", options.listen),
    codecs: options.codecs ?? codecsThat(options.unknownFields ?? "ignore"),
    ...(values.server_id !== undefined && { id: values.server_id }),
    ...defined("address", values.server_address ?? options.address),
    ...defined("advertise", values.server_advertise ?? options.advertise),
    ...defined("metadata", values.server_metadata ?? options.metadata),
    middleware: [...(tracer ? [tracer.server] : []), ...(options.middleware ?? [])],
    ...defined("tls", options.tls),
    ...defined("maxMessageBytes", options.maxMessageBytes),
    ...defined("keepalive", options.keepalive),
    ...defined("compression", options.compression),
  });
  return { name, version, clock, logger, log, tracer, registry, messages, server, parts, local, calls };
}

/** The program's own logger, else one by flags whose lines are kept for `Debug.Log`. */
function loggerOf({ logger }: ServiceOptions, { values }: Settings, clock: Clock): Pick<Wiring, "logger" | "log"> {
  if (logger) return { logger, log: undefined };
  const format = values.log_format ?? "text";
  const log = logTail(standardOutput(format), clock.now);
  return { logger: createLogger({ level: values.log_level ?? "info", format, destination: log }), log };
}

/** An entry only when there is a value, as `exactOptionalPropertyTypes` asks. */
function defined<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}
