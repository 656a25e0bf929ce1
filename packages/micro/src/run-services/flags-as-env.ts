import { type FlagTypes, type FlagValues, formatDuration, serviceFlags } from "@micro/core";

type Value = FlagTypes[keyof FlagTypes];

/** The environment variables that say to a service what these flags say; programs that are no services of ours are not troubled by them. */
export function flagsAsEnv(values: FlagValues<typeof serviceFlags>): Record<string, string> {
  const given: Readonly<Record<string, Value>> = values;
  return Object.fromEntries(
    serviceFlags.flatMap(({ name, env, type }) => {
      const value = given[name];
      return value === undefined ? [] : [[env, textOf(type, value)]];
    }),
  );
}

function textOf(type: string, value: Value): string {
  if (Array.isArray(value)) return value.join(",");
  if (typeof value === "object")
    return Object.entries(value)
      .map((pair) => pair.join("="))
      .join(",");
  return type === "duration" && typeof value === "number" ? formatDuration(value) : String(value);
}
