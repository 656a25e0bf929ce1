import { ConfigError, parseFlags, silentLogger } from "@micro/core";
import type { CommandInput, RunCommand } from "../command.ts";
import { commands } from "../commands.ts";
import { commandHelp } from "../help.ts";
import { openSession } from "../session/session.ts";
import { otherServiceFlags, type SessionValues, sessionFlags } from "../session/session-flags.ts";
import { styleOf } from "../style.ts";
import { candidates } from "./candidates.ts";
import { registryLookups } from "./lookups.ts";
import { completionScripts } from "./scripts.ts";

// A person who pressed Tab waits for it.
const patienceMs = 2_000;

/** `micro completion SHELL`, and what the scripts that it prints ask. */
export const runCompletion: RunCommand = async (input) => {
  const { argv, out, program } = input;
  const separator = argv.indexOf("--");
  if (argv[0] === "candidates" && separator === 1) {
    await answerTab(input, argv.slice(2));
    return 0;
  }
  const { rest, help } = parseFlags([], { argv, env: {}, program });
  const face = commands.find(({ name }) => name === "completion");
  if (help && face) {
    out(commandHelp(face, [], program, styleOf(input.colours ?? false)));
    return 0;
  }
  const [shell, extra] = rest;
  if (extra !== undefined || !isShell(shell))
    throw new ConfigError(`cannot complete for ${JSON.stringify(shell ?? "")}; expected bash, zsh or fish`);
  out(completionScripts[shell]);
  return 0;
};

function isShell(word: string | undefined): word is keyof typeof completionScripts {
  return word !== undefined && Object.hasOwn(completionScripts, word);
}

/** Prints what the last word may become: a line each, a tab before what it is. */
async function answerTab({ env, out }: CommandInput, words: readonly string[]): Promise<void> {
  const typed = words.slice(0, -1);
  const session = openSession(flagsIn(typed, env), silentLogger);
  const timer = setTimeout(() => process.exit(0), patienceMs);
  try {
    const tree = { commands: await allFlagged(), flags: sessionFlags, ...registryLookups(session) };
    const found = await candidates(tree, typed, words.at(-1) ?? "");
    out(found.map(({ text, about }) => `${text}${about === undefined ? "" : `\t${about}`}\n`).join(""));
  } finally {
    clearTimeout(timer);
    await session.close();
  }
}

/** The commands with the flags of those that say theirs only when they are loaded. */
async function allFlagged(): Promise<typeof commands> {
  const { gatewayFlags } = await import("../api/flags.ts");
  return commands.map((command) => (command.name === "api" ? { ...command, flags: gatewayFlags } : command));
}

/** What an unfinished command line says of the registry; nothing when it cannot be read yet. */
function flagsIn(words: readonly string[], env: CommandInput["env"]): SessionValues {
  const table = [...commands.flatMap((each) => [...(each.flags ?? [])]), ...otherServiceFlags];
  const seen = new Set<string>(sessionFlags.map(({ name }) => name));
  const others = table.filter(({ name }) => !seen.has(name) && seen.add(name)).map((flag) => ({ ...flag, env: "" }));
  try {
    return parseFlags([...sessionFlags, ...others], { argv: words, env, program: "micro" }).values as SessionValues;
  } catch (reason) {
    if (reason instanceof ConfigError) return parseFlags(sessionFlags, { argv: [], env, program: "micro" }).values;
    throw reason;
  }
}
