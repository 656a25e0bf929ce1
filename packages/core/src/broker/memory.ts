import { type Clock, systemClock } from "../words/clock.ts";
import { unavailable } from "../words/errors.ts";
import { closeable, closeOnce } from "../words/lifecycle.ts";
import { type Logger, silentLogger } from "../words/logger.ts";
import type { Broker, Subscription } from "./broker.ts";
import { brokerId, checkMessage, checkSubscription, limitsOf } from "./checks.ts";
import { type MemoryHub, memoryHub } from "./memory-hub.ts";
import { withPatience } from "./patience.ts";
import type { BrokerPlugin } from "./plugin.ts";
import { createReceiver } from "./receiver.ts";
import { settled } from "./settled.ts";

export interface MemoryBrokerOptions {
  /** Where messages meet; brokers on one hub get each other's. @default a hub of its own */
  hub?: MemoryHub;
  /** Largest body taken, in bytes. @default 4 MiB */
  maxMessageBytes?: number;
  /** Most headers taken. @default 256 */
  maxHeaders?: number;
  /** How long closing waits for handlers that run, in milliseconds. @default 8000 */
  drainTimeoutMs?: number;
  /** @default one that says nothing */
  logger?: Logger;
  clock?: Clock;
}

/**
 * Carries messages within this process: for tests, and for programs whose services run in one process. A publisher waits
 * while a subscription, or a queue, has 64 messages waiting (see `memoryHub`); nothing is dropped for being slow.
 * What a subscriber has not begun when it leaves goes to the others of its queue, else nowhere.
 */
export function memoryBroker(options: MemoryBrokerOptions = {}): Broker {
  const { clock = systemClock, logger = silentLogger, drainTimeoutMs = 8_000 } = options;
  const limits = limitsOf(options);
  const hub = options.hub ?? memoryHub({ clock });
  const subscriptions = new Set<Subscription>();
  let state: "open" | "closing" | "closed" = "open";

  // Handlers that finish while the broker closes may still publish.
  const assertOpen = (during: "open" | "closing"): void => {
    if (state !== "open" && state !== during) throw unavailable(brokerId, "the memory broker is closed");
  };

  return {
    name: "memory",
    address: "memory",
    async publish(topic, message, publishOptions = {}) {
      assertOpen("closing");
      checkMessage(topic, message, limits);
      const stamped = { headers: { ...message.headers, "micro-topic": topic }, body: message.body };
      await withPatience(publishOptions, topic, clock, (signal) => hub.publish(topic, stamped, signal));
    },
    async subscribe(topic, handler, subscribeOptions = {}) {
      assertOpen("open");
      checkSubscription(topic, subscribeOptions);
      const { queue, concurrency = 1 } = subscribeOptions;
      const receiver = createReceiver({ ...subscribeOptions, topic, handler, logger });
      const leave = hub.subscribe({
        receiver,
        queue,
        concurrency,
        onLost: (error, messages) => logger.error({ topic, messages: messages.length }, error.detail),
      });
      const subscription: Subscription = {
        topic,
        queue,
        unsubscribe: closeOnce(async () => {
          subscriptions.delete(subscription);
          leave();
          await receiver.end();
        }),
      };
      subscriptions.add(subscription);
      return subscription;
    },
    ...closeable(
      closeOnce(async () => {
        state = "closing";
        const ending = [...subscriptions].map((subscription) => subscription.unsubscribe());
        if (!(await settled(ending, drainTimeoutMs, clock)))
          logger.warn(`handlers were still running ${drainTimeoutMs} ms after the memory broker was closed`);
        state = "closed";
      }),
    ),
  };
}

/**
 * Answers to `--broker=memory`. All that are opened this way share one hub, so that the services of a process hear each
 * other. Addresses mean nothing to it and are not looked at.
 */
export const memoryBrokerPlugin: BrokerPlugin = {
  kind: "broker",
  name: "memory",
  open: ({ logger }) => {
    shared ??= memoryHub();
    return memoryBroker({ hub: shared, logger });
  },
};

let shared: MemoryHub | undefined;
