import { badRequest, MicroError } from "../words/errors.ts";
import type { BrokerMessage, SubscribeOptions } from "./broker.ts";

/** The id of errors that brokers raise. */
export const brokerId = "go.micro.broker";

/** What a message may be at most. */
export interface MessageLimits {
  readonly maxMessageBytes: number;
  readonly maxHeaders: number;
}

/** Limits with their defaults: 4 MiB, as for calls, and 256 headers. */
export function limitsOf({
  maxMessageBytes = 4 * 1024 * 1024,
  maxHeaders = 256,
}: Partial<MessageLimits>): MessageLimits {
  return { maxMessageBytes, maxHeaders };
}

/** Throws 400 or 413 for a message that no broker takes. */
export function checkMessage(topic: string, { headers, body }: BrokerMessage, limits: MessageLimits): void {
  if (topic === "") throw badRequest(brokerId, "cannot publish to an empty topic");
  if (!(body instanceof Uint8Array))
    throw badRequest(brokerId, `body of a message to topic ${topic}: expected bytes, got ${typeof body}`);
  const { maxMessageBytes, maxHeaders } = limits;
  if (body.length > maxMessageBytes) {
    const detail = `message to topic ${topic} has ${body.length} bytes; at most ${maxMessageBytes} are allowed`;
    throw new MicroError(brokerId, 413, detail);
  }
  const keys = Object.keys(headers);
  if (keys.length > maxHeaders) {
    const detail = `message to topic ${topic} has ${keys.length} headers; at most ${maxHeaders} are allowed`;
    throw badRequest(brokerId, detail);
  }
  for (const key of keys) {
    const value: unknown = headers[key];
    if (typeof value !== "string")
      throw badRequest(
        brokerId,
        `header ${key} of a message to topic ${topic}: expected a string, got ${typeof value}`,
      );
  }
}

/** Throws 400 for a subscription that cannot be. */
export function checkSubscription(topic: string, { concurrency = 1, queue }: SubscribeOptions): void {
  if (topic === "") throw badRequest(brokerId, "cannot subscribe to an empty topic");
  if (queue === "") throw badRequest(brokerId, `queue of topic ${topic}: expected a name, or none at all`);
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    const detail = `concurrency of topic ${topic}: expected a whole number above 0, got ${concurrency}`;
    throw badRequest(brokerId, detail);
  }
}
