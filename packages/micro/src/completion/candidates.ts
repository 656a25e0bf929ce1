import type { Flag } from "@micro/core";
import type { ArgumentKind, Command, CommandGroup } from "../command.ts";

/** One thing that may stand where the cursor is. */
export interface Candidate {
  readonly text: string;
  /** What it is, in a few words. */
  readonly about?: string;
}

/** What is looked up while a person waits for a completion. */
export interface Lookups {
  services(): Promise<readonly string[]>;
  endpoints(service: string): Promise<readonly string[]>;
}

export interface CompletionTree extends Lookups {
  readonly commands: readonly (Command | CommandGroup)[];
  /** Flags that every command takes. */
  readonly flags: readonly Flag[];
}

/**
 * What `current`, the word that the cursor is on, may become, behind these complete words. Commands by their place, flags
 * after a dash, what a flag or an argument takes, services and endpoints from the registry.
 */
export async function candidates(
  tree: CompletionTree,
  words: readonly string[],
  current: string,
): Promise<readonly Candidate[]> {
  const place = placeOf(tree, words);
  const [, flagName, begun] = /^(--?[^=]+)=(.*)$/s.exec(current) ?? [];
  if (flagName !== undefined && begun !== undefined) {
    const values = valuesOf(flagNamed(place.flags, flagName));
    return beginning(
      current,
      values.map(({ text, ...rest }) => ({ text: `${flagName}=${text}`, ...rest })),
    );
  }
  if (place.pending) return beginning(current, valuesOf(place.pending));
  if (current.startsWith("-")) return beginning(current, flagCandidates(place.flags));
  return beginning(current, await argumentCandidates(tree, place));
}

/** What the words before the cursor amount to. */
interface Place {
  /** The commands to choose from; empty behind a command. */
  commands: readonly (Command | CommandGroup)[];
  command: Command | undefined;
  flags: readonly Flag[];
  /** The words behind the command that are no flags. */
  args: string[];
  /** The flag that the next word is the value of. */
  pending: Flag | undefined;
}

function placeOf(tree: CompletionTree, words: readonly string[]): Place {
  const place: Place = { commands: tree.commands, command: undefined, flags: tree.flags, args: [], pending: undefined };
  for (const word of words) {
    if (place.pending) place.pending = undefined;
    else if (/^-(?![\d.])./s.test(word)) {
      const flag = flagNamed(place.flags, word);
      if (flag && flag.type !== "boolean" && !word.includes("=")) place.pending = flag;
    } else if (place.command) place.args.push(word);
    else enter(place, word, tree.flags);
  }
  return place;
}

function enter(place: Place, word: string, common: readonly Flag[]): void {
  const found = place.commands.find(({ name }) => name === word);
  if (!found) {
    place.commands = [];
    return;
  }
  place.flags = [...(found.flags ?? []), ...common];
  if ("commands" in found) place.commands = found.commands;
  else {
    place.command = found;
    place.commands = [];
  }
}

function flagNamed(flags: readonly Flag[], word: string): Flag | undefined {
  const name = (word.replace(/^--?/, "").split("=", 1)[0] ?? "").replaceAll("-", "_");
  return flags.find((flag) => flag.name === name || flag.aliases?.includes(name));
}

function flagCandidates(flags: readonly Flag[]): Candidate[] {
  const seen = new Set<string>();
  const shown = flags.filter(({ name, ignored }) => !ignored && !seen.has(name) && seen.add(name));
  const all = shown.map(({ name, type, help }) => ({ text: `--${name}${type === "boolean" ? "" : "="}`, about: help }));
  return [...all, { text: "--help", about: "what there is to know" }];
}

function valuesOf(flag: Flag | undefined): Candidate[] {
  return (flag?.choices ?? []).map((text) => ({ text }));
}

async function argumentCandidates(tree: CompletionTree, { commands, command, args }: Place): Promise<Candidate[]> {
  if (!command) return commands.map(({ name, summary }) => ({ text: name, about: summary }));
  const kind: ArgumentKind | undefined = command.arguments?.[args.length];
  if (kind === undefined || kind === "directory") return [];
  if (kind === "service") return (await tree.services()).map((text) => ({ text }));
  if (kind === "endpoint") return (await tree.endpoints(args.at(-1) ?? "")).map((text) => ({ text }));
  if (kind === "command") return tree.commands.map(({ name, summary }) => ({ text: name, about: summary }));
  return kind.map((text) => ({ text }));
}

function beginning(current: string, all: readonly Candidate[]): Candidate[] {
  return all.filter(({ text }) => text.startsWith(current));
}
