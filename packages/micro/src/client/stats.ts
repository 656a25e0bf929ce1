import { stats as askStats, statsJson, statsText } from "@micro/commands";
import { type RunAsk, words } from "./ask.ts";
import type { outputFlag } from "./flags.ts";

/** `micro stats SERVICE`. */
export const stats: RunAsk<readonly [typeof outputFlag]> = async ({ session, values, args, signal, out, err }) => {
  const [service] = words(args, ["the service's name"], { example: "micro stats go.micro.srv.user" });
  const [registry, client] = await Promise.all([session.registry(), session.client()]);
  const answers = await askStats({ registry, client }, service, { signal });
  out(`${values.output === "json" ? statsJson(answers) : statsText(answers)}\n`);
  for (const { node, error } of answers.versions.flatMap(({ nodes }) => nodes))
    if (error) err(`micro: node ${node.id} did not answer: ${error.detail}\n`);
};
