import { ConfigError, type Plugin } from "../words/plugin.ts";

/** The plugin that answers to `name`. Throws a `ConfigError` that lists the known names and the package to add. */
export function choosePlugin<P extends Plugin>(
  kind: P["kind"],
  name: string,
  plugins: readonly Plugin[],
  flag: string,
): P {
  const candidates = plugins.filter((plugin) => plugin.kind === kind);
  const found = candidates.find((plugin) => plugin.name === name);
  if (found) return found as P;
  const known = [...new Set(candidates.map((plugin) => plugin.name))].join(", ");
  throw new ConfigError(
    `${flag}: ${kind} "${name}" is not known here; known are ${known}. Others come with a package, such as @micro/${kind}-${name}, that the program lists among its plugins`,
  );
}
