import { ConfigError, type Flag, type FlagValues, MicroError } from "@micro/core";
import type { Session } from "../session/session.ts";
import type { Style } from "../style.ts";

/** What a command that asks services is run with. */
export interface Ask<Table extends readonly Flag[] = readonly []> {
  readonly session: Session;
  /** What is set of the command's own flags. */
  readonly values: FlagValues<Table>;
  /** The words behind its name that are no flags. */
  readonly args: readonly string[];
  readonly style: Style;
  /** Aborted when the person has had enough: Ctrl-C. */
  readonly signal: AbortSignal;
  /** True when the process, and what it registers, goes on after the command. */
  readonly lasting: boolean;
  out(text: string | Uint8Array): void;
  err(text: string): void;
  /** Resolves when what was written has gone, so that a slow reader slows the writer. */
  room(): Promise<void>;
}

/** Runs the command. Throws a `ConfigError`, a `CommandFailure` or a `MicroError`. */
export type RunAsk<Table extends readonly Flag[]> = (ask: Ask<Table>) => Promise<void>;

/** What `read` gives; what it has against the words that a person typed is that person's mistake. */
export function typed<T>(read: () => T): T {
  try {
    return read();
  } catch (reason) {
    if (reason instanceof MicroError) throw new ConfigError(reason.detail, { cause: reason });
    throw reason;
  }
}

/** The words behind a command's name. Throws a `ConfigError` unless there is one for each of `names`, and no more of them without `more`. */
export function words<const Names extends readonly string[]>(
  args: readonly string[],
  names: Names,
  { example, more = false }: { example: string; more?: boolean },
): { readonly [K in keyof Names]: string } {
  const missing = names.slice(args.length);
  if (missing.length > 0) throw new ConfigError(`missing ${missing.join(" and ")}; expected such as: ${example}`);
  const [extra] = args.slice(names.length);
  if (extra !== undefined && !more)
    throw new ConfigError(`unexpected argument ${JSON.stringify(extra)}; expected such as: ${example}`);
  return names.map((_, at) => args[at] ?? "") as unknown as { readonly [K in keyof Names]: string };
}

/** The words without the one that says what kind of thing is meant, which may be left out since there is but one kind. */
export function withoutKind(args: readonly string[], kind: string): readonly string[] {
  return args.length > 1 && args[0] === kind ? args.slice(1) : args;
}
