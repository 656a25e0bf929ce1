import { getService, recordsJson, serviceText } from "@micro/commands";
import { type RunAsk, withoutKind, words } from "./ask.ts";
import type { outputFlag } from "./flags.ts";

/** `micro get service NAME`. */
export const get: RunAsk<readonly [typeof outputFlag]> = async ({ session, values, args, out }) => {
  const [name] = words(withoutKind(args, "service"), ["the service's name"], {
    example: "micro get service go.micro.srv.user",
  });
  const records = await getService(await session.registry(), name);
  out(`${values.output === "json" ? recordsJson(records) : serviceText(records)}\n`);
};
