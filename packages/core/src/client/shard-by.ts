import { type ConsistentHashOptions, consistentHash } from "../selector/consistent-hash.ts";
import type { CallOptions } from "./client.ts";
import type { ClientMiddleware } from "./create-client.ts";

/**
 * Sends calls with the same key to the same node, by `consistentHash`. `keyOf` gives the key of a call, such as the
 * user it is for; calls without one go as they would anyway, and so do those that bring a strategy of their own.
 *
 *     middleware: [shardBy((_request, { metadata }) => metadata?.["user-id"])]
 */
export function shardBy(
  keyOf: (request: unknown, options: CallOptions) => string | undefined,
  hashOptions?: ConsistentHashOptions,
): ClientMiddleware {
  return (next) =>
    (request, options = {}) => {
      const key = options.strategy ? undefined : keyOf(request, options);
      if (key === undefined) return next(request, options);
      return next(request, { ...options, strategy: consistentHash(key, hashOptions) });
    };
}
