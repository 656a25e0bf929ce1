import { type CodecTable, defaultCodecs } from "../codec/codecs.ts";
import type { Endpoint } from "../registry/registry.ts";
import { messageValue } from "../registry/value.ts";
import type { MessageType } from "../words/description.ts";
import { MicroError } from "../words/errors.ts";
import { type Logger, silentLogger } from "../words/logger.ts";
import { ConfigError } from "../words/plugin.ts";
import type { BrokerEvent, EventHandler, SubscribeOptions } from "./broker.ts";
import { type EventContext, eventContext } from "./event-context.ts";

/** Takes one decoded message. What it throws goes to the subscription's `onError`, else into the log. */
export type Subscriber<T = unknown, C extends EventContext = EventContext> = (
  message: T,
  context: C,
) => void | Promise<void>;

/** Wraps a subscriber. Called once a subscriber, when it is added; what it gives runs for each message. */
export type SubscriberMiddleware<C extends EventContext = EventContext> = (
  // biome-ignore lint/suspicious/noExplicitAny: one middleware wraps subscribers of every message type
  next: Subscriber<any, C>,
  subscriber: { readonly topic: string; readonly queue: string | undefined; readonly name: string },
  // biome-ignore lint/suspicious/noExplicitAny: as above
) => Subscriber<any, C>;

/** How a program wants to be subscribed. */
export interface SubscriberOptions<T = unknown> extends SubscribeOptions {
  /** What the bodies are. Without it JSON bodies are plain values and protobuf ones bytes. */
  type?: MessageType<T>;
  /** Bodies are given as bytes, whatever the content type says. @default false */
  raw?: boolean;
  /** What the registry calls it; for several functions, what their names follow. @default "Func" */
  name?: string;
}

/** Several functions that all get each message, at the same time; the message is decoded anew for each. */
export type SubscriberMethods<T = unknown, C extends EventContext = EventContext> = Readonly<
  Record<string, Subscriber<T, C>>
>;

export interface SubscriberParts<C extends EventContext = EventContext> {
  /** @default protobuf, JSON and bytes */
  readonly codecs?: CodecTable;
  /** Around every function, the first outermost. @default [] */
  readonly middleware?: readonly SubscriberMiddleware<C>[];
  /** Makes the context of a message, one for each function. @default a plain `EventContext` */
  readonly context?: (context: EventContext) => C;
  /** @default one that says nothing */
  readonly logger?: Logger;
}

/** A subscriber, ready for a broker and for the registry. */
export interface PreparedSubscriber {
  readonly topic: string;
  readonly handler: EventHandler;
  readonly options: SubscribeOptions;
  /** What the registry is told, one for each function. */
  readonly endpoints: readonly Endpoint[];
}

/**
 * Makes a handler of events from a function, or from several, over decoded messages. The codec goes by the message's
 * `content-type`, protobuf when there is none. Each function gets a message and a context of its own; all run, whatever
 * becomes of the others, and what they throw is joined to one error, `subscriber error: A\nB`.
 */
export function prepareSubscriber<T, C extends EventContext = EventContext>(
  topic: string,
  subscriber: Subscriber<T, C> | SubscriberMethods<T, C>,
  options: SubscriberOptions<T> = {},
  parts: SubscriberParts<C> = {},
): PreparedSubscriber {
  const { type, raw = false, name, ...subscribeOptions } = options;
  const { codecs = defaultCodecs, middleware = [], logger = silentLogger } = parts;
  const { queue } = options;
  const makeContext = parts.context ?? ((context) => context as C);
  const methods = methodsOf(topic, subscriber, name);
  const functions = methods.map(([method, run]) =>
    middleware.reduceRight<Subscriber<unknown, C>>(
      (next, wrap) => wrap(next, { topic, queue, name: method }),
      run as Subscriber<unknown, C>,
    ),
  );
  const decode = decoder(codecs, raw, type as MessageType | undefined);

  async function handler(event: BrokerEvent): Promise<void> {
    const decodeBody = decode(event);
    const results = await Promise.allSettled(
      functions.map(async (run) => run(decodeBody(), makeContext(eventContext(event, queue, logger)))),
    );
    const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    if (failures.length > 0) throw joined(failures);
  }

  return { topic, handler, options: subscribeOptions, endpoints: endpointsOf(topic, methods, type) };
}

/** The endpoints of several subscribers in go-micro's order: by topic, descending. They follow those of handlers. */
export function subscriberEndpoints(subscribers: readonly PreparedSubscriber[]): Endpoint[] {
  const descending = [...subscribers].sort((a, b) => (a.topic < b.topic ? 1 : a.topic > b.topic ? -1 : 0));
  return descending.flatMap(({ endpoints }) => endpoints);
}

type Method = readonly [name: string, run: unknown];

function methodsOf(topic: string, subscriber: unknown, name: string | undefined): Method[] {
  if (typeof subscriber === "function") return [[name ?? "Func", subscriber]];
  const methods = Object.entries(subscriber ?? {});
  for (const [method, run] of methods)
    if (typeof run !== "function")
      throw new ConfigError(`subscriber ${method} of topic ${topic}: expected a function, got ${typeof run}`);
  if (methods.length === 0)
    throw new ConfigError(`subscriber of topic ${topic}: expected a function, or several by name`);
  if (name === undefined)
    throw new ConfigError(
      `subscriber of topic ${topic} has several functions and needs a name for them in the registry`,
    );
  return methods.map(([method, run]): Method => [`${name}.${method}`, run]);
}

function endpointsOf(topic: string, methods: readonly Method[], type: MessageType | undefined): Endpoint[] {
  return methods.map(([name]) => {
    const request = type && messageValue(type);
    return { name, request, response: undefined, metadata: { topic, subscriber: "true" } };
  });
}

/** Finds the codec of an event; what it gives decodes the body, as often as it is called. */
function decoder(
  codecs: CodecTable,
  raw: boolean,
  type: MessageType | undefined,
): (event: BrokerEvent) => () => unknown {
  return ({ topic, message: { headers, body } }) => {
    if (raw) return () => new Uint8Array(body);
    const contentType = headers["content-type"] || "application/grpc";
    const codec = codecs.find(contentType);
    if (!codec) throw new MicroError("go.micro.server", 500, `Unsupported Content-Type: ${contentType}`);
    const coder = codec.coder(type);
    return () => {
      try {
        return coder.decode(body);
      } catch (reason) {
        const detail = `message of topic ${topic}: ${textOf(reason)}`;
        throw new MicroError("go.micro.server", 400, detail, { cause: reason });
      }
    };
  };
}

// One alone keeps its code and cause.
function joined(failures: readonly unknown[]): MicroError {
  const detail = `subscriber error: ${failures.map(textOf).join("\n")}`;
  const [first] = failures;
  const code = first instanceof MicroError && failures.length === 1 ? first.code : 500;
  const cause = failures.length === 1 ? first : new AggregateError(failures, detail);
  return new MicroError("go.micro.server", code, detail, { cause });
}

function textOf(reason: unknown): string {
  if (reason instanceof MicroError) return reason.detail;
  return reason instanceof Error ? reason.message : String(reason);
}
