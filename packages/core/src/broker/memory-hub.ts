import { type Clock, systemClock } from "../words/clock.ts";
import type { MicroError } from "../words/errors.ts";
import { metadata } from "../words/metadata.ts";
import type { BrokerMessage } from "./broker.ts";
import { type Lane, lane, type Outcome } from "./lane.ts";
import type { Receiver } from "./receiver.ts";

export interface MemoryHubOptions {
  /** How many messages may wait for one subscription, or for one queue, before publishers wait. @default 64 */
  maxWaiting?: number;
  /** How long a message that is not acknowledged is delivered again, in milliseconds. @default 60000 */
  retryMs?: number;
  clock?: Clock;
}

/** Where memory brokers meet: those on one hub get each other's messages. */
export interface MemoryHub {
  /** Puts a copy of the message before every subscription and every queue of the topic; waits for those without room. */
  publish(topic: string, message: BrokerMessage, signal: () => AbortSignal): Promise<void>;
  /** The answer takes the subscriber out again; what waited for it alone is dropped. */
  subscribe(subscriber: HubSubscriber): () => void;
}

/** One subscription on a hub. */
export interface HubSubscriber {
  readonly receiver: Receiver;
  readonly queue: string | undefined;
  readonly concurrency: number;
  /** Told of messages that were never acknowledged. */
  onLost(error: MicroError, messages: readonly BrokerMessage[]): void;
}

/** A hub without subscribers. */
export function memoryHub(options: MemoryHubOptions = {}): MemoryHub {
  const { maxWaiting, retryMs, clock } = { ...defaults, ...options };
  const topics = new Map<string, Map<string | number, Lane<BrokerMessage>>>();
  let lastId = 0;

  return {
    async publish(topic, message, signal) {
      const waits: Promise<void>[] = [];
      for (const each of topics.get(topic)?.values() ?? []) {
        // The publisher may go on to change what it published, and so may each handler.
        const wait = each.put({ headers: metadata(message.headers), body: new Uint8Array(message.body) }, signal);
        if (wait) waits.push(wait);
      }
      await Promise.all(waits);
    },
    subscribe({ receiver, queue, concurrency, onLost }) {
      const { topic } = receiver;
      const id = ++lastId;
      const key = queue ?? id;
      const lanes = topics.get(topic) ?? new Map<string | number, Lane<BrokerMessage>>();
      topics.set(topic, lanes);
      const name = queue === undefined ? `a subscription to topic ${topic}` : `queue ${queue} of topic ${topic}`;
      const own = lanes.get(key) ?? lane<BrokerMessage>({ name, maxWaiting, retryMs, clock, onLost });
      lanes.set(key, own);
      own.add({ id: String(id), slots: concurrency, deliver: (message) => handled(receiver, message) });
      return () => {
        if (own.members.size === 1) {
          lanes.delete(key);
          if (lanes.size === 0) topics.delete(topic);
          own.end();
        } else own.remove(String(id));
      };
    },
  };
}

const defaults: Required<MemoryHubOptions> = { maxWaiting: 64, retryMs: 60_000, clock: systemClock };

// A place counts as taken until the handler is done, so that a free one of the same queue is found first.
async function handled(receiver: Receiver, message: BrokerMessage): Promise<Outcome> {
  const { taken, finished } = receiver.receive(message);
  const outcome = await taken;
  await finished;
  if (outcome) return "taken";
  return receiver.ended ? "gone" : "refused";
}
