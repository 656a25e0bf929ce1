import { ConfigError, type Flag, nearest, parseFlags } from "@micro/core";
import type { Ask } from "../client/ask.ts";
import { type ClientCommand, clientCommands } from "../client/commands.ts";
import { commandHelp } from "../help.ts";
import { splitLine } from "./split-line.ts";

/** What the commands of one shell share. */
export type ShellParts = Omit<Ask, "values" | "args" | "signal" | "lasting">;

const aliases: Readonly<Record<string, string>> = { ls: "list", "?": "help" };

/** Words that are not commands elsewhere. */
export const shellWords: readonly (readonly [name: string, does: string])[] = [
  ["help", "show this, or with a command's name what it takes"],
  ["quit", "leave, as exit and Ctrl-D do"],
  ["exit", "leave"],
];

/** Runs one line. Gives `leave` when it asks to. Throws what the command throws. */
export async function runLine(line: string, parts: ShellParts, signal: AbortSignal): Promise<"leave" | undefined> {
  const [first, ...rest] = splitLine(line);
  if (first === undefined) return undefined;
  const name = aliases[first] ?? first;
  if (name === "quit" || name === "exit") return "leave";
  if (name === "help") parts.out(rest[0] === undefined ? overview() : helpOf(commandNamed(rest[0]), parts));
  else await runCommand(commandNamed(name), rest, parts, signal);
  return undefined;
}

async function runCommand(
  command: ClientCommand,
  argv: readonly string[],
  parts: ShellParts,
  signal: AbortSignal,
): Promise<void> {
  const table: readonly Flag[] = command.flags;
  const { values, rest, help } = parseFlags(table, { argv, env: {}, program: command.name });
  if (help) {
    parts.out(helpOf(command, parts));
    return;
  }
  if (command.name === "stream" && rest[2] === "-")
    throw new ConfigError("stream - reads standard input, which the shell reads itself; give the message as JSON");
  const run = await command.loadAsk();
  await run({ ...parts, values, args: rest, signal, lasting: true });
}

function commandNamed(name: string): ClientCommand {
  const found = clientCommands.find((command) => command.name === name);
  if (found) return found;
  const near = nearest(
    name,
    [...clientCommands, ...shellWords.map(([word]) => ({ name: word }))].map((each) => each.name),
  );
  throw new ConfigError(
    `unknown command ${JSON.stringify(name)}; ${near ? `did you mean ${near}? ` : ""}help lists all`,
  );
}

function helpOf(command: ClientCommand, { style }: ShellParts): string {
  return commandHelp(command, command.flags, command.name, style);
}

function overview(): string {
  const all = [...clientCommands.map(({ name, summary }) => [name, summary] as const), ...shellWords];
  const width = Math.max(...all.map(([name]) => name.length));
  return all.map(([name, does]) => `  ${name.padEnd(width)}  ${does}\n`).join("");
}
