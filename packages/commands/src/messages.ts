import { Buffer } from "node:buffer";
import { type Broker, type BrokerMessage, publication } from "@micro/core";

/** Publishes a JSON text as it is, as `application/json`. Resolves when the broker has taken it over; closing the broker waits for its delivery. */
export async function publishMessage(
  broker: Broker,
  topic: string,
  json: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const options = { raw: true, contentType: "application/json", metadata };
  await broker.publish(topic, publication(topic, Buffer.from(json), options));
}

export interface SubscribeRequest {
  readonly topic: string;
  /** Shares the messages with the other subscribers of this queue. @default gets every message */
  readonly queue?: string;
  /** Called when the subscription is in place: what is published from now on arrives. */
  readonly onSubscribed?: () => void;
  /** Ends the subscription, and with it the messages. */
  readonly signal?: AbortSignal;
}

/** The messages of a topic from now on. Leaving the loop, or the signal, ends the subscription. A reader that is slow slows the publishers. */
export async function* subscribeTopic(
  broker: Broker,
  request: SubscribeRequest,
): AsyncGenerator<BrokerMessage, void, undefined> {
  const { topic, queue, signal } = request;
  let taken: ((message: BrokerMessage | undefined) => void) | undefined;
  const waiting: { message: BrokerMessage; done: () => void }[] = [];
  const subscription = await broker.subscribe(
    topic,
    ({ message }) =>
      new Promise<void>((done) => {
        waiting.push({ message, done });
        taken?.(undefined);
      }),
    queue === undefined ? {} : { queue },
  );
  const end = (): void => taken?.(undefined);
  signal?.addEventListener("abort", end);
  try {
    request.onSubscribed?.();
    while (!signal?.aborted) {
      const next = waiting.shift();
      if (next) {
        try {
          yield next.message;
        } finally {
          next.done();
        }
      } else {
        await new Promise<unknown>((resolve) => {
          taken = resolve;
        });
        taken = undefined;
      }
    }
  } finally {
    signal?.removeEventListener("abort", end);
    for (const { done } of waiting.splice(0)) done();
    await subscription.unsubscribe();
  }
}
