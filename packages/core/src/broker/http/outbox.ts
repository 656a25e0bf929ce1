import type { Node } from "../../registry/registry.ts";
import type { Clock } from "../../words/clock.ts";
import { type MicroError, unavailable } from "../../words/errors.ts";
import type { Logger } from "../../words/logger.ts";
import type { BrokerMessage } from "../broker.ts";
import { brokerId } from "../checks.ts";
import { type Lane, lane, type Member } from "../lane.ts";
import { settled } from "../settled.ts";
import type { Dialect } from "./dialect.ts";
import { encodeMessage } from "./message-json.ts";
import type { Poster } from "./post.ts";
import type { Subscribers, Target } from "./subscribers.ts";

export interface OutboxOptions {
  readonly poster: Poster;
  readonly subscribers: Subscribers;
  readonly maxWaiting: number;
  readonly retryMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  onLost(error: MicroError, topic: string, messages: readonly BrokerMessage[]): void;
}

/** Messages on their way: a lane for each subscription that gets all messages of a topic, and one for each queue. */
export interface Outbox {
  /** Puts the message before each of them; waits for those without room. */
  put(topic: string, message: BrokerMessage, targets: readonly Target[], signal: () => AbortSignal): Promise<void>;
  /** Waits until all is delivered, at most so long, and gives the rest up. */
  close(timeoutMs: number): Promise<void>;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { subscribers, maxWaiting, retryMs, clock, logger } = options;
  const topics = new Map<string, Topic>();
  let stopRefresh: (() => void) | undefined;
  let onEmpty: (() => void) | undefined;
  let closing: MicroError | undefined;

  function laneOf(topic: string, key: string, name: string): Lane<Parcel> {
    const lanes = topics.get(topic)?.lanes ?? new Map<string, Lane<Parcel>>();
    if (!topics.has(topic)) topics.set(topic, { lanes, targets: [] });
    const found = lanes.get(key);
    if (found) return found;
    const made = lane<Parcel>({
      name,
      maxWaiting,
      retryMs,
      clock,
      onLost: (error, parcels) =>
        options.onLost(
          error,
          topic,
          parcels.map(({ message }) => message),
        ),
      onTrouble: (seat, why) => logger.warn(`subscriber ${seat} of topic ${topic} cannot be reached: ${why}`),
      onIdle: () => forget(topic, key, made),
      // Whoever closes cannot wait for a subscriber to come.
      onDeserted: () => {
        if (closing) forget(topic, key, made, closing);
      },
    });
    lanes.set(key, made);
    return made;
  }

  // Whoever publishes again finds the subscribers in the registry; what is idle need not be kept.
  function forget(topic: string, key: string, done: Lane<Parcel>, error?: MicroError): void {
    const lanes = topics.get(topic)?.lanes;
    if (lanes?.get(key) !== done) return;
    lanes.delete(key);
    done.end(error);
    if (lanes.size === 0) topics.delete(topic);
    if (topics.size > 0) return;
    stopRefresh?.();
    stopRefresh = undefined;
    onEmpty?.();
  }

  function untilEmpty(): Promise<void> {
    return topics.size === 0 ? Promise.resolve() : new Promise((resolve) => (onEmpty = resolve));
  }

  /** Gives every lane of the topic the members that it has by now. */
  function seat(topic: string, targets: readonly Target[]): Map<string, Lane<Parcel>> {
    const groups = groupByLane(topic, targets);
    const lanes = new Map<string, Lane<Parcel>>();
    for (const [key, { name, members }] of groups) {
      const own = laneOf(topic, key, name);
      lanes.set(key, own);
      // A queue's first message goes to any of its members, not always to the first.
      const start = own.members.size === 0 ? Math.floor(options.random() * members.length) : 0;
      for (const target of [...members.slice(start), ...members.slice(0, start)])
        if (!own.members.has(seatOf(target.node))) own.add(memberOf(target));
    }
    for (const [key, own] of topics.get(topic)?.lanes ?? []) {
      const present = new Set(groups.get(key)?.members.map(({ node }) => seatOf(node)));
      for (const each of own.members.keys()) if (!present.has(each)) own.remove(each);
    }
    const entry = topics.get(topic);
    if (entry) entry.targets = targets;
    return lanes;
  }

  function memberOf({ node, dialect }: Target): Member<Parcel> {
    return {
      id: seatOf(node),
      slots: 1, // one connection to each, so that messages arrive in order
      deliver: (parcel) => options.poster.post(node, dialect.path, parcel.encoded(dialect)),
    };
  }

  // What waits must learn of subscribers that come and go though nobody publishes.
  async function refresh(): Promise<void> {
    for (const [topic, entry] of topics) {
      try {
        const targets = await subscribers.of(topic);
        if (targets !== entry.targets) seat(topic, targets);
        if (closing) endDeserted(topic, entry, closing);
      } catch (reason) {
        logger.debug({ topic, err: reason }, "subscribers could not be looked up again");
      }
    }
    if (stopRefresh) stopRefresh = refreshLater();
  }

  function endDeserted(topic: string, { lanes }: Topic, error: MicroError): void {
    for (const [key, each] of [...lanes]) if (each.members.size === 0) forget(topic, key, each, error);
  }

  function refreshLater(): () => void {
    return clock.after(refreshMs, refresh, { background: true });
  }

  return {
    async put(topic, message, targets, signal) {
      const parcel = parcelOf(topic, message);
      const waits: Promise<void>[] = [];
      for (const own of seat(topic, targets).values()) {
        const wait = own.put(parcel, signal);
        if (wait) waits.push(wait);
      }
      if (topics.size > 0) stopRefresh ??= refreshLater();
      await Promise.all(waits);
    },
    async close(timeoutMs) {
      const error = unavailable(brokerId, "the http broker was closed before they could be delivered");
      const delivered = untilEmpty();
      closing = error;
      await refresh();
      await settled([delivered], timeoutMs, clock);
      for (const { lanes } of topics.values()) for (const each of lanes.values()) each.end(error);
      topics.clear();
      stopRefresh?.();
      stopRefresh = undefined;
    },
  };
}

const refreshMs = 500;

// A node that comes back elsewhere is another member.
function seatOf({ id, address }: Node): string {
  return `${id} at ${address}`;
}

interface Topic {
  readonly lanes: Map<string, Lane<Parcel>>;
  targets: readonly Target[];
}

/** A message with its bytes, made once for all subscribers. */
interface Parcel {
  readonly message: BrokerMessage;
  encoded(dialect: Dialect): Buffer;
}

function parcelOf(topic: string, message: BrokerMessage): Parcel {
  const known = new Map<Dialect, Buffer>();
  const encoded = (dialect: Dialect): Buffer => {
    const found = known.get(dialect) ?? encodeMessage(message, { [dialect.topicHeader]: topic });
    known.set(dialect, found);
    return found;
  };
  return { message, encoded };
}

function groupByLane(topic: string, targets: readonly Target[]): Map<string, { name: string; members: Target[] }> {
  const groups = new Map<string, { name: string; members: Target[] }>();
  for (const target of targets) {
    const { queue, node } = target;
    const key = queue === undefined ? `node ${node.id}` : `queue ${queue}`;
    const name = queue === undefined ? `subscriber ${node.id}` : `queue ${queue} of topic ${topic}`;
    const group = groups.get(key) ?? { name, members: [] };
    groups.set(key, group);
    group.members.push(target);
  }
  return groups;
}
