import type { Logger } from "@micro/core";
import type { Message } from "../gen/__alias__.ts";

/** What the service does with each message of its topic. What it throws is logged. */
export function __camel__Subscriber(logger: Logger): (message: Message) => void {
  return ({ say }) => logger.info(`Received message: ${say}`);
}
