import { badRequest, type Handlers, type Logger, type ServiceContext } from "@micro/core";
import type { __Alias__ } from "../gen/__alias__.ts";
import { __Alias__ as Backend } from "../gen/imports/backend.ts";

/** Answers `/__alias__/call` from what the service `__backend__` says. */
export function __camel__Handler(logger: Logger): Handlers<(typeof __Alias__)["methods"], ServiceContext> {
  return {
    async call(request, context) {
      logger.info("Received __Alias__.Call request");
      const name = request.get.name?.values[0] ?? "";
      if (name === "") throw badRequest("__fqdn__", "name cannot be blank");
      // Deadline, metadata and cancellation of the request go with the call.
      const { msg } = await context.client(Backend, "__backend__").call({ name });
      return { statusCode: 200, body: JSON.stringify({ msg }) };
    },
  };
}
