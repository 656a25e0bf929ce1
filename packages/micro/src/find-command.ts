import { ConfigError, type Flag, nearest, parseFlags } from "@micro/core";
import type { Command, CommandGroup } from "./command.ts";

/** A command among its arguments. */
export interface FoundCommand {
  /** The group, when `micro registry` stands alone. */
  readonly command: Command | CommandGroup;
  /** What was typed to get to it, `micro registry list`. */
  readonly program: string;
  /** The arguments without its words: those that stood before them in front. */
  readonly argv: readonly string[];
}

export interface CommandTree {
  readonly commands: readonly (Command | CommandGroup)[];
  /** Flags that may stand before a command's word. */
  readonly table: readonly Flag[];
}

/** What one level of words makes of the arguments: `--help`, or flags and then the rest. */
export interface Level {
  readonly values: Readonly<Record<string, unknown>>;
  readonly help: boolean;
  readonly rest: readonly string[];
}

/** Reads the flags before the first word. The environment is left to the command, whose table is complete. */
export function readLevel(table: readonly Flag[], argv: readonly string[], program: string): Level {
  const { values, rest, help } = parseFlags<readonly Flag[]>(table, { argv, env: {}, program, stopAtPositional: true });
  return { values, rest, help };
}

/** The command that the words name; undefined when there is no word. Throws a `ConfigError` for a word that names none. */
export function findCommand(
  { commands, table }: CommandTree,
  argv: readonly string[],
  program: string,
): FoundCommand | undefined {
  const { rest } = readLevel(table, argv, program);
  const [name, ...after] = rest;
  if (name === undefined) return undefined;
  const command = named(commands, name, program);
  const before = argv.slice(0, argv.length - rest.length);
  const remaining = [...before, ...after];
  const typed = `${program} ${name}`;
  if (!("commands" in command)) return { command, program: typed, argv: remaining };
  return (
    findCommand({ commands: command.commands, table }, remaining, typed) ?? { command, program: typed, argv: remaining }
  );
}

function named(commands: CommandTree["commands"], name: string, program: string): Command | CommandGroup {
  const found = commands.find((command) => command.name === name);
  if (found) return found;
  const near = nearest(
    name,
    commands.map((command) => command.name),
  );
  const guess = near === undefined ? "" : `did you mean ${near}? `;
  throw new ConfigError(`unknown command ${JSON.stringify(name)}; ${guess}${program} --help lists all`);
}
