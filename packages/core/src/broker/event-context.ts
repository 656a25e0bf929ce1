import type { Logger } from "../words/logger.ts";
import type { Metadata } from "../words/metadata.ts";
import type { BrokerEvent } from "./broker.ts";

/** What a subscriber knows about the message it handles. */
export interface EventContext {
  readonly topic: string;
  /** The queue that the message came through; undefined for a subscriber that gets all messages. */
  readonly queue: string | undefined;
  /** Headers of the message without `content-type`, keys in lower case. */
  readonly metadata: Metadata;
  readonly logger: Logger;
  /** The message is dealt with; see `autoAck`. */
  ack(): void;
  /** The message is to be delivered again; see `autoAck`. */
  nack(): void;
}

/** The context of one event. */
export function eventContext(event: BrokerEvent, queue: string | undefined, logger: Logger): EventContext {
  const { "content-type": _, ...rest } = event.message.headers;
  const metadata: Metadata = Object.assign(Object.create(null), rest);
  const { topic } = event;
  return { topic, queue, metadata, logger, ack: () => event.ack(), nack: () => event.nack() };
}
