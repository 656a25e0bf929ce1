import { ConfigError } from "@micro/core";
import type { CommandInput } from "./command.ts";
import { commands } from "./commands.ts";
import { lineOf } from "./failure.ts";
import { findCommand, readLevel } from "./find-command.ts";
import { globalFlags, shownFlags } from "./global-flags.ts";
import { groupHelp } from "./help.ts";
import { styleOf } from "./style.ts";
import { toolkitVersion } from "./version.ts";

/**
 * The whole program: finds the command among the arguments, runs it, and gives the exit code: 0 when done, 1 when it failed,
 * 2 after a mistake on the command line. What went wrong is told in one line on standard error.
 *
 * Flags that every service knows, such as `--registry`, may stand before the command or after it.
 */
export async function runMicro(input: Omit<CommandInput, "program">): Promise<number> {
  try {
    return await dispatch(input);
  } catch (reason) {
    const line = lineOf(reason);
    if (line === undefined) throw reason;
    input.err(`${line}\n`);
    return reason instanceof ConfigError ? 2 : 1;
  }
}

async function dispatch(input: Omit<CommandInput, "program">): Promise<number> {
  const { argv } = input;
  const table = globalFlags(commands);
  const { values, help, rest } = readLevel(table, argv, "micro");
  if (help && rest.length === 0) {
    input.out(overallHelp(input.colours ?? false));
    return 0;
  }
  if ("version" in values) {
    input.out(`micro version ${toolkitVersion()}\n`);
    return 0;
  }
  const found = findCommand({ commands, table }, argv, "micro");
  if (!found) throw new ConfigError("no command given; micro --help lists them");
  const { command, program } = found;
  if (!("commands" in command)) {
    const run = await command.load();
    return run({ ...input, argv: found.argv, program });
  }
  const names = command.commands.map(({ name }) => name).join(", ");
  if (!readLevel(table, found.argv, program).help)
    throw new ConfigError(`${program} needs a command behind it: ${names}`);
  input.out(groupHelp({ ...command, summary: `${command.summary}.` }, [], program, styleOf(input.colours ?? false)));
  return 0;
}

function overallHelp(colours: boolean): string {
  const usage = "[global flags] COMMAND [flags] [arguments]";
  const details = [
    "Flags may stand before the command or after it, with _ or -; each has an environment variable. Beside these, every flag of go-micro's services is taken.",
  ];
  return groupHelp({ summary: "", usage, commands, details }, shownFlags(commands), "micro", styleOf(colours));
}
