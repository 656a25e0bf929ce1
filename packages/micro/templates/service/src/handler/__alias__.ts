import { badRequest, type Handlers, type Logger, type ServiceContext } from "@micro/core";
import type { __Alias__ } from "../gen/__alias__.ts";

/** What the service answers. */
export function __camel__Handler(logger: Logger): Handlers<(typeof __Alias__)["methods"], ServiceContext> {
  return {
    call({ name }) {
      logger.info("Received __Alias__.Call request");
      if (name === "") throw badRequest("__fqdn__", "name cannot be blank");
      return { msg: `Hello ${name}` };
    },
    async *stream({ count }) {
      logger.info(`Received __Alias__.Stream request with count: ${count}`);
      for (let number = 0n; number < count; number++) yield { count: number };
    },
    async *pingPong(pings) {
      for await (const { stroke } of pings) yield { stroke };
    },
  };
}
