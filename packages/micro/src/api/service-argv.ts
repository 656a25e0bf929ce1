import { type Flag, type FlagTypes, type FlagValues, serviceFlags } from "@micro/core";

/** Flags of a service that were read as part of a larger table, written as arguments again for the service to read. */
export function serviceArgv(values: FlagValues<typeof serviceFlags>): string[] {
  const given: Readonly<Record<string, FlagTypes[keyof FlagTypes]>> = values;
  return serviceFlags.flatMap((flag) => {
    const value = given[flag.name];
    return value === undefined ? [] : texts(flag, value).map((text) => `--${flag.name}=${text}`);
  });
}

function texts({ type }: Flag, value: FlagTypes[keyof FlagTypes]): string[] {
  if (Array.isArray(value)) return [value.join(",")];
  if (typeof value === "object") return Object.entries(value).map(([key, text]) => `${key}=${text}`);
  return [type === "duration" ? `${value}ms` : String(value)];
}
