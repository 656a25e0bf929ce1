import { type Flag, serviceFlags } from "@micro/core";
import { metadataFlag, outputFlag } from "./client/flags.ts";
import type { Command, CommandGroup } from "./command.ts";
import { sessionFlags } from "./session/session-flags.ts";

const ownFlags = [
  { name: "version", type: "boolean", aliases: ["v"], help: "print the version" },
] as const satisfies readonly Flag[];

// They stand here for what they are called and take; what they may say, the command knows.
const commonFlags: readonly Flag[] = [
  {
    name: outputFlag.name,
    aliases: outputFlag.aliases,
    type: "string",
    help: "how to show what was asked for",
    placeholder: "FORMAT",
    group: "Commands' own",
  },
  { ...metadataFlag, group: "Commands' own" },
];

/** What may stand before a command's word. */
export function globalFlags(commands: readonly (Command | CommandGroup)[]): readonly Flag[] {
  return [...ownFlags, ...commands.flatMap((each) => each.globalFlags ?? []), ...commonFlags, ...serviceFlags];
}

/** Those of them that `micro --help` shows: what commands have in common. */
export function shownFlags(commands: readonly (Command | CommandGroup)[]): readonly Flag[] {
  return [...ownFlags, ...sessionFlags, ...commonFlags, ...commands.flatMap((each) => each.globalFlags ?? [])];
}
