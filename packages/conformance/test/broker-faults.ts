import type { Broker, BrokerEvent, BrokerMessage, EventHandler, PublishOptions, SubscribeOptions } from "@micro/core";
import type { Fault } from "./bite.ts";

/** What is wrong with a broker: some of its methods, each wrong on purpose. */
export interface BrokerFault extends Fault {
  readonly breaks: (sound: Broker) => Partial<Broker>;
}

/** `sound` with one fault. */
export function faultyBroker(sound: Broker, { breaks }: BrokerFault): Broker {
  const broken = { ...sound, ...breaks(sound) };
  return { ...broken, [Symbol.asyncDispose]: () => broken.close() };
}

type Publish = (topic: string, message: BrokerMessage, options?: PublishOptions) => Promise<void>;

/** A broker that changes what is published. */
function publishing(change: (publish: Publish) => Publish): BrokerFault["breaks"] {
  return (sound) => ({ publish: change((topic, message, options) => sound.publish(topic, message, options)) });
}

/** A broker that changes what is subscribed. */
function subscribing(
  change: (handler: EventHandler, options: SubscribeOptions, topic: string) => [EventHandler, SubscribeOptions],
): BrokerFault["breaks"] {
  return (sound) => ({
    subscribe: (topic, handler, options = {}) => sound.subscribe(topic, ...change(handler, options, topic)),
  });
}

function withMessage(event: BrokerEvent, message: BrokerMessage): BrokerEvent {
  return { ...event, message };
}

/** One at least for every case. */
export const brokerFaults: readonly BrokerFault[] = [
  {
    does: "drops a header",
    breaks: publishing((publish) => (topic, message, options) => {
      const { trace_id: _, ...headers } = message.headers;
      return publish(topic, { ...message, headers }, options);
    }),
    failing: ["delivers headers and body as they were published"],
  },
  {
    does: "takes bodies for text",
    breaks: publishing((publish) => (topic, { headers, body }, options) => {
      return publish(topic, { headers, body: new TextEncoder().encode(new TextDecoder().decode(body)) }, options);
    }),
    failing: ["delivers headers and body as they were published"],
  },
  {
    does: "does not name the topic in a header",
    breaks: subscribing((handler, options) => [
      (event) => {
        const { "micro-topic": _, ...headers } = event.message.headers;
        return handler(withMessage(event, { ...event.message, headers }));
      },
      options,
    ]),
    failing: ["delivers headers and body as they were published"],
  },
  {
    does: "puts everybody into one queue",
    breaks: subscribing((handler, options) => [handler, { ...options, queue: "all" }]),
    failing: [
      "delivers each message to every subscription without a queue",
      "delivers each message once to every queue, and to whoever has none",
    ],
  },
  {
    does: "knows no queues",
    breaks: subscribing((handler, { queue, ...options }) => [handler, queue === "" ? { queue } : options]),
    failing: [
      "delivers each message to exactly one of a queue",
      "delivers each message once to every queue, and to whoever has none",
    ],
  },
  {
    does: "delivers to a queue twice",
    breaks: (sound) => {
      const queues = new Set<string>();
      return {
        async subscribe(topic, handler, options = {}) {
          if (options.queue) queues.add(topic);
          return sound.subscribe(topic, handler, options);
        },
        async publish(topic, message, options) {
          await sound.publish(topic, message, options);
          if (queues.has(topic)) await sound.publish(topic, message, options);
        },
      };
    },
    failing: ["delivers each message to exactly one of a queue"],
  },
  {
    does: "gives all of a queue's messages to its first member",
    breaks: (sound) => ({
      async subscribe(topic, handler, options = {}) {
        const key = `${topic} ${options.queue}`;
        if (!options.queue || !taken.has(key)) {
          taken.add(key);
          return sound.subscribe(topic, handler, options);
        }
        return { topic, queue: options.queue, unsubscribe: async () => undefined };
      },
    }),
    failing: [
      "lets every member of a queue have a share",
      "gives what waits for one that leaves a queue to the others",
    ],
  },
  {
    does: "takes topics for prefixes in any case",
    breaks: (sound) => {
      const shorter = (topic: string): string => topic.toLowerCase().slice(0, 20);
      return {
        publish: async (topic, message, options) => {
          await sound.publish(topic, message, options);
          if (shorter(topic) !== topic) await sound.publish(shorter(topic), message, options);
        },
      };
    },
    failing: ["delivers nothing of other topics"],
  },
  {
    does: "lets a second message overtake the first",
    breaks: (sound) => {
      let last: Promise<unknown> = Promise.resolve();
      let count = 0;
      return {
        async publish(topic, message, options) {
          if (++count % 2 === 1 && message.headers["content-type"] === "text/plain")
            await new Promise((resolve) => setTimeout(resolve, 5));
          last = sound.publish(topic, message, options);
          await last;
        },
      };
    },
    failing: ["keeps the order of one publisher, whether or not it waits"],
  },
  {
    does: "ignores concurrency",
    breaks: subscribing((handler, options) => [handler, { ...options, concurrency: 100 }]),
    failing: [
      "runs as many handlers at once as concurrency says, and no more",
      "refuses what cannot be published or subscribed to with 400",
      "keeps publishers waiting for a slow subscriber, and loses nothing",
      "gives up waiting when the publisher's signal is aborted",
    ],
  },
  {
    does: "hands the same message to all",
    breaks: (sound) => {
      const last = new Map<string, BrokerMessage>();
      return {
        publish(topic, message, options) {
          last.set(topic, message);
          return sound.publish(topic, message, options);
        },
        subscribe: (topic, handler, options) =>
          sound.subscribe(topic, (event) => handler(withMessage(event, last.get(topic) ?? event.message)), options),
      };
    },
    failing: ["gives each handler a message of its own, whatever becomes of the publisher's"],
  },
  {
    does: "refuses topics that nobody subscribed to",
    breaks: (sound) => {
      const topics = new Set<string>();
      return {
        subscribe(topic, handler, options) {
          topics.add(topic);
          return sound.subscribe(topic, handler, options);
        },
        async publish(topic, message, options) {
          if (!topics.has(topic)) throw new Error("nobody subscribed");
          await sound.publish(topic, message, options);
        },
      };
    },
    failing: ["takes a message to a topic that nobody subscribed to, and forgets it", "delivers what handlers publish"],
  },
  {
    does: "keeps messages for later subscribers",
    breaks: (sound) => ({
      async publish(topic, message, options) {
        kept.set(topic, [...(kept.get(topic) ?? []), message]);
        await sound.publish(topic, message, options);
      },
      async subscribe(topic, handler, options) {
        const subscription = await sound.subscribe(topic, handler, options);
        for (const message of kept.get(topic) ?? []) await sound.publish(topic, message);
        return subscription;
      },
    }),
    failing: ["takes a message to a topic that nobody subscribed to, and forgets it"],
  },
  {
    does: "holds handlers' publishing until they are done",
    breaks: (sound) => {
      let handling = 0;
      return {
        subscribe: (topic, handler, options) =>
          sound.subscribe(
            topic,
            async (event) => {
              handling++;
              await handler(event);
              handling--;
            },
            options,
          ),
        async publish(topic, message, options) {
          while (handling > 0) await new Promise((resolve) => setTimeout(resolve, 5));
          await sound.publish(topic, message, options);
        },
      };
    },
    failing: [
      "delivers what handlers publish",
      "waits for handlers that have begun before it is closed, and lets them publish",
    ],
  },
  {
    does: "tells nobody of failures",
    breaks: subscribing((handler, { onError: _, ...options }) => [handler, options]),
    failing: ["tells onError of a handler that fails, and goes on"],
  },
  {
    does: "stops at the first failure",
    breaks: (sound) => ({
      subscribe(topic, handler, options) {
        let failed = false;
        const once: EventHandler = async (event) => {
          if (failed) return;
          try {
            await handler(event);
          } catch (reason) {
            failed = true;
            throw reason;
          }
        };
        return sound.subscribe(topic, once, options);
      },
    }),
    failing: ["tells onError of a handler that fails, and goes on", "survives an onError that fails"],
  },
  {
    does: "drops what a slow subscriber does not take at once",
    breaks: (sound) => ({
      subscribe(topic, handler, options) {
        let busy = false;
        const idleOnly: EventHandler = async (event) => {
          if (busy) return event.ack();
          busy = true;
          try {
            await handler(event);
          } finally {
            busy = false;
          }
        };
        return sound.subscribe(topic, idleOnly, { ...options, concurrency: 1_000 });
      },
    }),
    failing: ["keeps publishers waiting for a slow subscriber, and loses nothing"],
  },
  {
    does: "does not hear signals",
    breaks: publishing(
      (publish) =>
        (topic, message, { signal: _, ...options } = {}) =>
          publish(topic, message, options),
    ),
    failing: [
      "gives up waiting when the publisher's signal is aborted",
      "publishes nothing when the signal was aborted before",
    ],
  },
  {
    does: "acknowledges everything by itself",
    breaks: subscribing((handler, options) => [handler, { ...options, autoAck: true }]),
    failing: ["delivers again what is not acknowledged"],
  },
  {
    does: "acknowledges nothing",
    breaks: subscribing((handler, options) => [
      (event) => handler({ ...event, ack: () => event.nack() }),
      { ...options },
    ]),
    failing: ["delivers a message once whose handler acknowledges it, also later and twice"],
  },
  {
    does: "delivers failed messages again though it acknowledges by itself",
    breaks: subscribing((handler, options) => [
      async (event) => {
        await handler(event);
        event.ack();
      },
      { ...options, autoAck: false },
    ]),
    failing: ["does not deliver a message again that failed under automatic acknowledgement"],
  },
  {
    does: "takes every message there is",
    breaks: (sound) => ({
      publish: (topic, message, options) =>
        sound.publish(topic, { ...message, body: message.body.slice(0, 10) }, options),
    }),
    failing: ["takes the largest body there may be, and refuses a larger one with 413"],
  },
  {
    does: "unsubscribes nobody",
    breaks: (sound) => ({
      subscribe: async (topic, handler, options) => ({
        ...(await sound.subscribe(topic, handler, options)),
        unsubscribe: async () => undefined,
      }),
    }),
    failing: ["delivers nothing to a subscription that has ended, and goes on with others"],
  },
  {
    does: "does not wait for handlers",
    breaks: subscribing((handler, options) => [(event) => void Promise.resolve(handler(event)), options]),
    failing: ["waits for a handler that has begun before a subscription has ended"],
  },
  {
    does: "is not closed when it is closed",
    breaks: () => ({ close: async () => undefined }),
    failing: ["rejects every method with 503 when it is closed"],
  },
  {
    does: "closes once only",
    breaks(sound) {
      let closed = false;
      return {
        async close() {
          if (closed) throw new Error("closed already");
          closed = true;
          await sound.close();
        },
      };
    },
    failing: ["closes twice, at once and before it was used"],
  },
  {
    does: "publishes in the background and forgets it when it is closed",
    breaks(sound) {
      let closed = false;
      return {
        async publish(topic, message, options) {
          setTimeout(() => {
            if (!closed) sound.publish(topic, message, options).catch(() => undefined);
          }, 5);
        },
        async close() {
          closed = true;
          await sound.close();
        },
      };
    },
    failing: ["delivers what it took over before it was closed"],
  },
  {
    does: "closes all brokers of the process",
    breaks(sound) {
      open.add(sound);
      return {
        async close() {
          await Promise.all([...open].map((broker) => broker.close()));
          open.clear();
        },
      };
    },
    failing: ["leaves other brokers on the backend alone when it is closed"],
  },
];

const taken = new Set<string>();
const kept = new Map<string, BrokerMessage[]>();
const open = new Set<Broker>();
