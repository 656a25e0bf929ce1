import type { Closeable } from "../words/lifecycle.ts";
import type { Metadata } from "../words/metadata.ts";

/** What is published: headers and bytes. */
export interface BrokerMessage {
  /** Keys in lower case. `content-type` says how the body is encoded; the broker sets `micro-topic` itself. */
  readonly headers: Metadata;
  readonly body: Uint8Array;
}

/** One message on its way through one subscription. The message is the handler's own and may be changed. */
export interface BrokerEvent {
  /** The topic it was published to. */
  readonly topic: string;
  readonly message: BrokerMessage;
  /** The message is dealt with. Only the first of `ack` and `nack` counts; neither does anything under `autoAck`. */
  ack(): void;
  /** The message is to be delivered again, by preference to another of the queue. */
  nack(): void;
}

/**
 * Takes one message. What it throws goes to the subscription's `onError`; it never reaches the publisher or the
 * handlers of other subscriptions.
 */
export type EventHandler = (event: BrokerEvent) => void | Promise<void>;

export interface SubscribeOptions {
  /**
   * Of all subscriptions to the topic with one queue, exactly one gets each message. Without a queue the subscription
   * gets every message.
   */
  queue?: string;
  /**
   * A message is dealt with once its handler has begun. With `false` the handler, or whoever it hands the event to, calls
   * `ack` or `nack`; a handler that fails has said `nack`. What is not acknowledged is delivered again, after a growing
   * pause, until it is or the broker gives it up. @default true
   */
  autoAck?: boolean;
  /**
   * How many messages are handled at once. Handlers begin in the order in which one publisher published, except for
   * messages that are delivered again; with 1 they also end in it. Further messages wait at the broker, and when too
   * many wait, so do publishers. @default 1
   */
  concurrency?: number;
  /** Told what the handler threw, as a `MicroError`, with the event. @default an error line */
  onError?: (error: Error, event: BrokerEvent) => void;
}

/** One handler's interest in a topic. */
export interface Subscription {
  readonly topic: string;
  readonly queue: string | undefined;
  /**
   * Takes no more messages and resolves when the handlers that have begun are done, so a handler that awaits it waits
   * for itself. What waited for this subscription, or was not acknowledged, goes to others of its queue, else nowhere.
   * May be called again, and after the broker was closed.
   */
  unsubscribe(): Promise<void>;
}

export interface PublishOptions {
  /** How long to wait for subscribers that are behind, in milliseconds. @default 5000 */
  timeoutMs?: number;
  /** Gives up waiting when aborted. */
  signal?: AbortSignal;
}

/**
 * Carries messages from publishers to all who subscribed to a topic. A factory does no I/O: the first use connects.
 * After `close` every method rejects with 503.
 */
export interface Broker extends Closeable {
  /** The word of `--broker`, and of node metadata `broker`. */
  readonly name: string;
  /** Where it listens or what it is connected to; empty before its first use. */
  readonly address: string;
  /**
   * Resolves when the broker has taken the message over; a topic that nobody subscribed to takes it and forgets it.
   * While a subscriber is too far behind it waits, which is how a slow subscriber slows its publishers.
   *
   * Rejects with a `MicroError`: 400 for a message that cannot be sent, 413 for one too large, 503 when the broker cannot
   * be reached, 408 when a subscriber stayed behind for `timeoutMs` and 499 when the signal was aborted; in the last two
   * cases other subscribers may have got the message.
   */
  publish(topic: string, message: BrokerMessage, options?: PublishOptions): Promise<void>;
  /**
   * Resolves when the subscription is in place. From then on the broker keeps it, also over faults of whatever it stands
   * on. Rejects with 503 when it cannot be set up now, with 400 when it never can.
   */
  subscribe(topic: string, handler: EventHandler, options?: SubscribeOptions): Promise<Subscription>;
  /** Unsubscribes everything, delivers what was taken over where it can within the broker's `drainTimeoutMs`, releases the rest. */
  close(): Promise<void>;
}
