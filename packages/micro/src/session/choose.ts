import { ConfigError } from "@micro/core";

/** What stands under `name`; throws a `ConfigError` that lists the names there are. */
export function choose<T>(kind: string, name: string, table: Readonly<Record<string, T>>): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found !== undefined) return found;
  throw new ConfigError(`--${kind}: ${kind} "${name}" is not known here; known are ${Object.keys(table).join(", ")}`);
}
