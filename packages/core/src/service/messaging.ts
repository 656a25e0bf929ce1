import type { Broker } from "../broker/broker.ts";
import type { EventContext } from "../broker/event-context.ts";
import { type KeptSubscription, keepSubscribed } from "../broker/keep-subscribed.ts";
import { type PublicationOptions, publication } from "../broker/publication.ts";
import {
  type PreparedSubscriber,
  prepareSubscriber,
  type Subscriber,
  type SubscriberMethods,
  type SubscriberMiddleware,
  type SubscriberOptions,
  subscriberEndpoints,
} from "../broker/subscriber.ts";
import type { CodecTable } from "../codec/codecs.ts";
import type { IncomingEvent } from "../protocol/protocol.ts";
import type { ServiceRecord } from "../registry/registry.ts";
import type { Clock } from "../words/clock.ts";
import { unavailable } from "../words/errors.ts";
import { type Closeable, closeable, closeOnce } from "../words/lifecycle.ts";
import type { Logger } from "../words/logger.ts";
import { deliver } from "./delivery.ts";
import type { SubscriberContext } from "./service.ts";

export interface MessagingParts {
  /** The name of the service, which messages carry as `micro-from-service`. */
  readonly name: string;
  readonly brokerName: string;
  /** Called once, by the first message or by `start` when there is a subscriber. */
  readonly openBroker: () => Broker | Promise<Broker>;
  readonly codecs: CodecTable;
  readonly middleware: readonly SubscriberMiddleware<SubscriberContext>[];
  readonly context: (context: EventContext) => SubscriberContext;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The publishing and subscribing side of a service. */
export interface Messaging extends Closeable {
  subscribe<T>(
    topic: string,
    subscriber: Subscriber<T, SubscriberContext> | SubscriberMethods<T, SubscriberContext>,
    options?: SubscriberOptions<T>,
  ): void;
  publish<T>(topic: string, value: T, options?: PublicationOptions<T>): Promise<void>;
  /** Takes a message that came to the server's own port; see `deliver`. */
  deliver(event: IncomingEvent): Promise<void>;
  /** The record as the registry is told it: with the subscribers, and the broker's name on the nodes. */
  announced(record: ServiceRecord): ServiceRecord;
  /** Subscribes; a broker that cannot be reached is tried again in the background. */
  start(): Promise<void>;
  /** Takes no further message, and resolves when those being handled are done. */
  stop(): Promise<void>;
}

export function messaging(parts: MessagingParts): Messaging {
  const { name, brokerName, clock, logger } = parts;
  const prepared: PreparedSubscriber[] = [];
  let kept: KeptSubscription[] = [];
  let opening: Promise<Broker> | undefined;
  let closed = false;

  function opened(): Promise<Broker> {
    if (closed) return Promise.reject(unavailable("go.micro.broker", `broker ${brokerName} is closed`));
    opening ??= (async () => parts.openBroker())();
    return opening;
  }

  return {
    subscribe(topic, subscriber, options) {
      const { codecs, middleware, context } = parts;
      prepared.push(prepareSubscriber(topic, subscriber, options, { codecs, middleware, context, logger }));
    },
    async publish(topic, value, options = {}) {
      const headers = { "micro-from-service": name, ...options.metadata };
      const message = publication(topic, value, { ...options, metadata: headers }, parts.codecs);
      await (await opened()).publish(topic, message, options);
    },
    async deliver(event) {
      if (closed) throw unavailable("go.micro.server", "the service takes no more messages");
      await deliver(event, prepared, logger);
    },
    announced: (record) => ({
      ...record,
      endpoints: [...record.endpoints, ...subscriberEndpoints(prepared)],
      nodes: record.nodes.map((node) => ({ ...node, metadata: { ...node.metadata, broker: brokerName } })),
    }),
    async start() {
      if (prepared.length === 0) return;
      const broker = await opened();
      kept = prepared.map(({ topic, handler, options }) =>
        keepSubscribed({ broker, topic, handler, options, clock, logger }),
      );
      await Promise.all(kept.map(({ tried }) => tried));
    },
    async stop() {
      const stopping = kept;
      kept = [];
      await Promise.all(stopping.map((each) => each.stop()));
    },
    ...closeable(
      closeOnce(async () => {
        closed = true;
        const broker = await opening?.catch(() => undefined); // one that failed to open told whoever asked for it
        await broker?.close();
      }),
    ),
  };
}
