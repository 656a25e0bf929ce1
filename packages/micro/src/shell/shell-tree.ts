import { clientCommands } from "../client/commands.ts";
import type { ArgumentKind, Command } from "../command.ts";
import type { CompletionTree } from "../completion/candidates.ts";
import { shellWords } from "./shell-command.ts";

/** The commands of the shell as completion sees them: the word for the kind of thing, which they do without, is left out. */
export const shellTree: Pick<CompletionTree, "commands" | "flags"> = {
  commands: [
    ...clientCommands.map((command): Command => ({ ...command, arguments: withoutKind(command.arguments ?? []) })),
    ...shellWords.map(([name, summary]): Command => {
      const takes: readonly ArgumentKind[] = name === "help" ? ["command"] : [];
      return { name, summary, arguments: takes, load: () => Promise.reject(new Error(`${name} is the shell's own`)) };
    }),
  ],
  flags: [],
};

function withoutKind(kinds: readonly ArgumentKind[]): readonly ArgumentKind[] {
  const [first] = kinds;
  return Array.isArray(first) && first.length === 1 ? kinds.slice(1) : kinds;
}
