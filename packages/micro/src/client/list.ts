import { dataJson, listNodes, listServices, nodesText } from "@micro/commands";
import { ConfigError } from "@micro/core";
import type { RunAsk } from "./ask.ts";
import type { outputFlag } from "./flags.ts";

/** `micro list services`, `micro list nodes`. */
export const list: RunAsk<readonly [typeof outputFlag]> = async ({ session, values, args, out }) => {
  const [what = "services", extra] = args;
  if (what !== "services" && what !== "nodes")
    throw new ConfigError(`cannot list ${JSON.stringify(what)}; expected services or nodes`);
  if (extra !== undefined) throw new ConfigError(`unexpected argument ${JSON.stringify(extra)} behind list ${what}`);
  const registry = await session.registry();
  if (what === "nodes") {
    const nodes = await listNodes(registry);
    out(`${values.output === "json" ? dataJson(nodes) : nodesText(nodes)}\n`);
    return;
  }
  const names = await listServices(registry);
  if (values.output === "json") out(`${dataJson(names)}\n`);
  else if (names.length > 0) out(`${names.join("\n")}\n`);
};
