import type { Flag } from "@micro/core";

/** What a command is run with. */
export interface CommandInput {
  /** Its arguments, with those that stood before its name in front. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the person typed to get here, `micro api`. */
  readonly program: string;
  /** Writes to standard output. */
  out(text: string | Uint8Array): void;
  /** Writes to standard error. */
  err(text: string): void;
  /** Resolves when standard output has room again. @default it always has */
  room?(): Promise<void>;
  /** Whether standard output shows colours. @default false */
  readonly colours?: boolean;
}

/** Runs a command and gives the exit code. Throws a `ConfigError` for a mistake of the person who typed it. */
export type RunCommand = (input: CommandInput) => Promise<number>;

/** What may stand at one place behind a command, as far as a shell can complete it. */
export type ArgumentKind = "service" | "endpoint" | "directory" | "command" | readonly string[];

/** What `--help` and completion know of a command without loading it. */
export interface CommandFace {
  readonly name: string;
  /** What it is for, a sentence without its full stop. */
  readonly summary: string;
  /** What follows its name in the first line of its help. @default "[flags]" */
  readonly usage?: string;
  /** What a person must know besides, a sentence or more to a paragraph. */
  readonly details?: readonly string[];
  /** Lines that a person may type as they stand, and what each does. */
  readonly examples?: readonly (readonly [line: string, does: string])[];
  /** Flags of its own, beside those that every command knows. */
  readonly flags?: readonly Flag[];
  /** What stands behind it, in order. */
  readonly arguments?: readonly ArgumentKind[];
  /** Flags of its own that may stand before its name, as go-micro's do. */
  readonly globalFlags?: readonly Flag[];
}

/** One line of the table of commands. */
export interface Command extends CommandFace {
  /** Brings the code in, so that starting one command does not load what the others need. */
  load(): Promise<RunCommand>;
}

/** Commands that share a word, `micro registry list`. */
export interface CommandGroup extends CommandFace {
  readonly commands: readonly Command[];
}

/** What a command threw in order to end with exit code 1 and this line on standard error. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
}
