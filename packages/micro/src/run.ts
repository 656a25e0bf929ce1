import { ConfigError, type Flag, formatHelp, nearest, parseFlags, serviceFlags } from "@micro/core";
import type { Command, CommandInput } from "./command.ts";
import { commands } from "./commands.ts";
import { toolkitVersion } from "./version.ts";

/**
 * The whole program: finds the command among the arguments, runs it, and gives the exit code: 0 when done, 2 after a
 * mistake on the command line, which is told in one line on standard error.
 *
 * Flags that every service knows, such as `--registry`, may stand before the command or after it.
 */
export async function runMicro(input: Omit<CommandInput, "program">): Promise<number> {
  try {
    return await dispatch(input);
  } catch (reason) {
    if (!(reason instanceof ConfigError)) throw reason;
    input.err(`micro: ${reason.message}\n`);
    return 2;
  }
}

const ownFlags = [
  { name: "version", type: "boolean", aliases: ["v"], help: "print the version" },
] as const satisfies readonly Flag[];

async function dispatch(input: Omit<CommandInput, "program">): Promise<number> {
  const { argv } = input;
  const table = [...ownFlags, ...commands.flatMap(({ globalFlags }) => globalFlags ?? []), ...serviceFlags];
  // The environment is read by the command, whose table is complete.
  const { values, rest, help } = parseFlags<readonly Flag[]>(table, {
    argv,
    env: {},
    program: "micro",
    stopAtPositional: true,
  });
  if (help) {
    input.out(helpText(table));
    return 0;
  }
  if ("version" in values) {
    input.out(`micro version ${toolkitVersion()}\n`);
    return 0;
  }
  const [name, ...after] = rest;
  const command = commandNamed(name);
  const before = argv.slice(0, argv.length - rest.length);
  const run = await command.load();
  return run({ ...input, argv: [...before, ...after], program: `micro ${command.name}` });
}

function commandNamed(name: string | undefined): Command {
  if (name === undefined) throw new ConfigError("no command given; micro --help lists them");
  const found = commands.find((command) => command.name === name);
  if (found) return found;
  const near = nearest(
    name,
    commands.map((command) => command.name),
  );
  const guess = near === undefined ? "" : `did you mean ${near}? `;
  throw new ConfigError(`unknown command ${JSON.stringify(name)}; ${guess}micro --help lists all`);
}

function helpText(table: readonly Flag[]): string {
  const usage = "[global flags] command [flags] [arguments]";
  const [first = "", ...flags] = formatHelp(table, { program: "micro", usage }).split("\n\n");
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    first,
    ["Commands", ...lines].join("\n"),
    "micro COMMAND --help lists the flags of a command.",
    ...flags,
  ].join("\n\n");
}
