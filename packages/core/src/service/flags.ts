import { ConfigError } from "../words/plugin.ts";
import { readFlag } from "./flag-values.ts";
import { nearest } from "./nearest.ts";

/** What the text of each type of flag becomes. */
export interface FlagTypes {
  string: string;
  /** A whole number, decimal or `0x…`. */
  int: number;
  /** Milliseconds, written as `300ms`, `5s` or `1m30s`. */
  duration: number;
  /** `--name`, `--name=false` or `--no-name`. */
  boolean: boolean;
  /** A comma list; the flag may be repeated and then adds to it. */
  list: readonly string[];
  /** `key=value`, the flag once for each pair; in the environment a comma list of them. */
  pairs: Readonly<Record<string, string>>;
}

export type FlagType = keyof FlagTypes;

/** One line of a flag table. Write tables `as const`, so that values get their types from them. */
export interface Flag {
  /** As in `--registry_address`, with `_`; on the command line `-` does as well. */
  readonly name: string;
  readonly type: FlagType;
  /** A sentence without its full stop. */
  readonly help: string;
  /** Other names, such as the one letter of `-o`. */
  readonly aliases?: readonly string[];
  /** The environment variable that stands in for the flag. One that is set but empty counts as unset. */
  readonly env?: string;
  /** What holds when nobody sets it: shown by `--help` and added by `withDefaults`, never by `parseFlags`. */
  readonly default?: FlagTypes[FlagType];
  /** What `--help` calls the value. @default a word for the type */
  readonly placeholder?: string;
  /** The heading under which `--help` lists it. @default "Flags" */
  readonly group?: string;
  /** The only texts that a string flag takes, in lower case; they match in any case. */
  readonly choices?: readonly string[];
  /** The least and the greatest value of an int or duration, both allowed. @default for a duration 0 and 24 days */
  readonly min?: number;
  readonly max?: number;
  /** True for what start scripts of go-micro services may carry but has no meaning here: taken, not an error, and warned of. */
  readonly ignored?: true;
}

type Heeded<Table extends readonly Flag[]> = Exclude<Table[number], { readonly ignored: true }>;
type FlagValue<F extends Flag> = F extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : FlagTypes[F["type"]];

/** A key for each flag that is set; flags that nobody set are absent, so that spreading over other options is safe. */
export type FlagValues<Table extends readonly Flag[]> = {
  readonly [F in Heeded<Table> as F["name"]]?: FlagValue<F>;
};

/** `FlagValues` after `withDefaults`: flags that have a default are always there. */
export type SettledFlagValues<Table extends readonly Flag[]> = FlagValues<Table> & {
  readonly [F in Heeded<Table> as F extends { readonly default: FlagTypes[FlagType] }
    ? F["name"]
    : never]: FlagValue<F>;
};

export interface FlagInput {
  /** The arguments after the program's name. @default those of this process */
  readonly argv?: readonly string[];
  /** @default the environment of this process */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What the person typed to start the program; error lines point at its `--help`. */
  readonly program: string;
  /** True to end at the first argument that is no flag, as a program with commands must. @default false */
  readonly stopAtPositional?: boolean;
}

export interface ParsedFlags<Table extends readonly Flag[]> {
  readonly values: FlagValues<Table>;
  /** Where each set flag got its value, as the person knows it: `--registry` or `MICRO_REGISTRY`. */
  readonly sources: { readonly [Name in keyof FlagValues<Table>]?: string };
  /** The arguments that are no flags, and all after `--`. */
  readonly rest: readonly string[];
  /** True when `--help` or `-h` is among the arguments. Then nothing else is checked, and `values` is empty. */
  readonly help: boolean;
  /** Lines to log once: what was given but has no effect. */
  readonly warnings: readonly string[];
}

/**
 * Reads the flags of `table` from the command line, then from the environment. What neither sets stays absent.
 *
 * `-name value`, `--name value` and `--name=value` are the same; the last one wins except for lists and pairs, which
 * add up. An empty text, as `--registry=` or `--registry_address=$UNSET` in a script, unsets a string, list or pairs
 * flag whatever the environment says.
 *
 * Throws a `ConfigError` of one line for an unknown flag, a missing value or one that cannot be read.
 */
export function parseFlags<const Table extends readonly Flag[]>(table: Table, input: FlagInput): ParsedFlags<Table> {
  const { argv = process.argv.slice(2), env = process.env, program, stopAtPositional = false } = input;
  const { given, rest, help, problem } = scan(table, argv, program, stopAtPositional);
  if (help) return { values: {} as FlagValues<Table>, sources: {}, rest, help, warnings: [] };
  if (problem) throw problem;

  const values: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  const ignored: string[] = [];
  for (const flag of table) {
    const found = given.get(flag) ?? fromEnvironment(flag, env);
    if (!found) continue;
    if (flag.ignored) {
      ignored.push(found.label);
      continue;
    }
    const value = readFlag(flag, found);
    if (value === undefined) continue;
    values[flag.name] = value;
    sources[flag.name] = found.label;
  }
  const warnings =
    ignored.length === 0 ? [] : [`${enumerate(ignored)} ${ignored.length > 1 ? "have" : "has"} no effect here`];
  return {
    // Built from the table that the types come from; the compiler cannot follow that through a loop.
    values: values as FlagValues<Table>,
    sources: sources as ParsedFlags<Table>["sources"],
    rest,
    help,
    warnings,
  };
}

/** What holds in the end: `values` from flags and environment, else the program's own `options`, else the table's defaults. */
export function withDefaults<const Table extends readonly Flag[]>(
  table: Table,
  values: FlagValues<Table>,
  options?: FlagValues<Table>,
): SettledFlagValues<Table> {
  const defaults = Object.fromEntries(
    table.flatMap((flag) => (flag.default === undefined || flag.ignored ? [] : [[flag.name, flag.default]])),
  );
  return { ...defaults, ...options, ...values } as SettledFlagValues<Table>;
}

/** The texts that were given for one flag, before they are read. */
export interface GivenFlag {
  /** What the person wrote: `--registry`, `--no-cache` or `MICRO_REGISTRY`. */
  readonly label: string;
  /** In the order given. A boolean flag without a value is `true`. */
  readonly texts: readonly string[];
  readonly fromEnvironment: boolean;
}

interface Scan {
  readonly given: ReadonlyMap<Flag, GivenFlag>;
  readonly rest: readonly string[];
  readonly help: boolean;
  readonly problem: ConfigError | undefined;
}

// Goes on after a mistake, since a later --help makes it irrelevant.
function scan(table: readonly Flag[], argv: readonly string[], program: string, stopAtPositional: boolean): Scan {
  const byName = new Map(table.flatMap((flag) => [flag.name, ...(flag.aliases ?? [])].map((name) => [name, flag])));
  const given = new Map<Flag, GivenFlag>();
  const rest: string[] = [];
  let help = false;
  let problem: ConfigError | undefined;

  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? "";
    if (argument === "--") {
      rest.push(...argv.slice(at + 1));
      break;
    }
    if (!looksLikeFlag(argument)) {
      rest.push(...argv.slice(at, stopAtPositional ? undefined : at + 1));
      if (stopAtPositional) break;
      continue;
    }
    const [, label = "", written = "", , text] = /^(--?([^=]*))(=(.*))?$/s.exec(argument) ?? [];
    const name = written.replaceAll("-", "_");
    const flag = byName.get(name);
    if (flag) {
      const value = text ?? (flag.type === "boolean" ? "true" : argv[at + 1]);
      if (value === undefined || (text === undefined && flag.type !== "boolean" && looksLikeFlag(value))) {
        problem ??= new ConfigError(missingValue(label, value));
        continue;
      }
      if (text === undefined && flag.type !== "boolean") at++;
      const texts = [...(given.get(flag)?.texts ?? []), value];
      given.set(flag, { label, texts, fromEnvironment: false });
      continue;
    }
    if (name === "help" || name === "h") {
      help = true;
      continue;
    }
    const negated = name.startsWith("no_") ? byName.get(name.slice(3)) : undefined;
    if (negated?.type === "boolean" && text === undefined)
      given.set(negated, { label, texts: ["false"], fromEnvironment: false });
    else problem ??= new ConfigError(unknownFlag(label, name, [...byName.keys(), "help"], program));
  }
  return { given, rest, help, problem };
}

// A lone dash is a common name for standard input, and -5 is a number.
function looksLikeFlag(argument: string): boolean {
  return /^-(?![\d.])./s.test(argument);
}

function fromEnvironment({ env: variable }: Flag, env: FlagInput["env"] = {}): GivenFlag | undefined {
  const text = variable === undefined ? undefined : env[variable];
  if (variable === undefined || text === undefined || text.trim() === "") return undefined;
  return { label: variable, texts: [text], fromEnvironment: true };
}

function missingValue(label: string, next: string | undefined): string {
  if (next === undefined) return `${label} needs a value`;
  return `${label} needs a value, but ${JSON.stringify(next)} follows; a value that begins with a dash is written ${label}=${next}`;
}

function unknownFlag(label: string, name: string, names: readonly string[], program: string): string {
  const near = nearest(name, names);
  const shown = /^-+[\w-]+$/.test(label) ? label : JSON.stringify(label);
  return `unknown flag ${shown}; ${near === undefined ? "" : `did you mean ${dashed(near)}? `}${program} --help lists all`;
}

/** A name as it is typed: one dash for one letter, two for a word. */
export function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

function enumerate(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
