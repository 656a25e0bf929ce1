import { ConfigError } from "@micro/core";
import { microResolver } from "./micro-resolver.ts";
import type { Resolver } from "./resolver.ts";

/** The words of `--resolver`. */
export const resolverNames = ["micro"] as const;
export type ResolverName = (typeof resolverNames)[number];

/** The resolver of that name for services under `prefix`. Throws a `ConfigError` for a word that names none. */
export function resolverNamed(name: string, prefix: string): Resolver {
  if (name === "micro") return microResolver(prefix);
  throw new ConfigError(`resolver is ${JSON.stringify(name)}; expected ${resolverNames.join(" or ")}`);
}
