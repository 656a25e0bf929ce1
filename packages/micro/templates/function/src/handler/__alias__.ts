import { badRequest, type Handlers, type Logger, type ServiceContext } from "@micro/core";
import type { __Alias__ } from "../gen/__alias__.ts";

/** What the function answers; `done` is told of the first answer. */
export function __camel__Handler(
  logger: Logger,
  done: () => void,
): Handlers<(typeof __Alias__)["methods"], ServiceContext> {
  return {
    call({ name }) {
      logger.info("Received __Alias__.Call request");
      if (name === "") throw badRequest("__fqdn__", "name cannot be blank");
      done();
      return { msg: `Hello ${name}` };
    },
  };
}
