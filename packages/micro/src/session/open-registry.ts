import { type Logger, memory, type Registry, type RegistryPlugin } from "@micro/core";
import { plugins } from "../plugins.ts";
import { choose } from "./choose.ts";
import type { SessionValues } from "./session-flags.ts";

const registries: Readonly<Record<string, () => Promise<RegistryPlugin>>> = {
  mdns: async () => (await import("./mdns.ts")).mdns,
  memory: async () => memory,
  ...Object.fromEntries(
    plugins.filter((plugin) => plugin.kind === "registry").map((plugin) => [plugin.name, async () => plugin]),
  ),
};

/** The registry that `--registry` names. Throws a `ConfigError` for a name or an address that is none. */
export async function openRegistry(values: SessionValues, logger: Logger): Promise<Registry> {
  const plugin = await choose("registry", values.registry ?? "mdns", registries)();
  return plugin.open({ addresses: values.registry_address ?? [], logger });
}
