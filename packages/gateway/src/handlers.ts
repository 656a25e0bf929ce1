import { type Client, ConfigError } from "@micro/core";
import { apiHandler } from "./api-handler.ts";
import type { Handler } from "./handler.ts";
import { rpcHandler } from "./rpc-handler.ts";

/** The words of `--handler`. `meta` takes what an endpoint declares, and `rpc` where it declares nothing. */
export const handlerNames = ["meta", "rpc", "api"] as const;
export type HandlerName = (typeof handlerNames)[number];

/** The handler of that name. Throws a `ConfigError` for a word that names none. */
export function handlerNamed(name: string, client: Client): Handler {
  switch (name) {
    case "meta":
    case "rpc":
      return rpcHandler(client);
    case "api":
      return apiHandler(client);
    default:
      throw new ConfigError(
        `handler is ${JSON.stringify(name)}; expected ${handlerNames.join(", ").replace(/, (\w+)$/, " or $1")}`,
      );
  }
}
