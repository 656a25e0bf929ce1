import type { BrokerEvent } from "../broker/broker.ts";
import type { PreparedSubscriber } from "../broker/subscriber.ts";
import type { IncomingEvent } from "../protocol/protocol.ts";
import { MicroError } from "../words/errors.ts";
import type { Logger } from "../words/logger.ts";
import { metadata } from "../words/metadata.ts";

/**
 * Hands a message that came to the server's own port to every subscriber of its topic, whatever broker they have. A
 * topic without any takes it and forgets it, as in go-micro. Rejects with what the first of them threw; each failure is
 * told as it is for messages of a broker.
 */
export async function deliver(
  { topic, contentType, headers, body }: IncomingEvent,
  subscribers: readonly PreparedSubscriber[],
  logger: Logger,
): Promise<void> {
  const concerned = subscribers.filter((each) => each.topic === topic);
  if (concerned.length === 0) logger.debug(`a message came to the port for topic ${topic}, which nobody here takes`);
  const outcomes = await Promise.allSettled(concerned.map(handOver));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;

  async function handOver({ handler, options }: PreparedSubscriber): Promise<void> {
    // The sender waits and is told how it went, so that there is nothing to acknowledge.
    const message = { headers: metadata({ ...headers, "content-type": contentType }), body };
    const event: BrokerEvent = { topic, message, ack: () => undefined, nack: () => undefined };
    try {
      await handler(event);
    } catch (reason) {
      const error = MicroError.from(reason, "go.micro.server");
      if (options.onError) options.onError(error, event);
      else logger.error({ topic, err: reason }, `handler of topic ${topic} failed: ${error.detail}`);
      throw error;
    }
  }
}
