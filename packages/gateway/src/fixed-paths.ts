import { ConfigError } from "@micro/core";
import type { GatewayRequest, HttpAnswer } from "./message.ts";

/** A path that the gateway answers itself, whatever services there are. */
export interface FixedPath {
  /** `/health/live`, or with a slash at its end everything below: `/docs/`. Compared with the clean path. */
  readonly path: string;
  answer(request: GatewayRequest): HttpAnswer | Promise<HttpAnswer>;
}

/** Finds the fixed path of a request; the exact ones go before those that stand for all below, the longer before the shorter. */
export type FixedPaths = (path: string) => FixedPath | undefined;

/** The table of them. Throws a `ConfigError` when two parts want the same path. */
export function fixedPaths(entries: readonly FixedPath[]): FixedPaths {
  const exact = new Map<string, FixedPath>();
  for (const entry of entries) {
    if (exact.has(entry.path)) throw new ConfigError(`two parts of the gateway want to answer path ${entry.path}`);
    exact.set(entry.path, entry);
  }
  const below = entries
    .filter(({ path }) => path.length > 1 && path.endsWith("/"))
    .sort((a, b) => b.path.length - a.path.length);
  if (below.length === 0) return (path) => exact.get(path);
  return (path) => exact.get(path) ?? below.find((entry) => path.startsWith(entry.path));
}
