import type { Flag } from "@micro/core";

/** What a command is run with. */
export interface CommandInput {
  /** Its arguments, with those that stood before its name in front. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the person typed to get here, `micro api`. */
  readonly program: string;
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
}

/** Runs a command and gives the exit code. Throws a `ConfigError` for a mistake of the person who typed it. */
export type RunCommand = (input: CommandInput) => Promise<number>;

/** One line of the table of commands. */
export interface Command {
  readonly name: string;
  /** What it is for, a sentence without its full stop. */
  readonly summary: string;
  /** Flags of its own that may stand before its name, as go-micro's do. */
  readonly globalFlags?: readonly Flag[];
  /** Brings the code in, so that starting one command does not load what the others need. */
  load(): Promise<RunCommand>;
}
