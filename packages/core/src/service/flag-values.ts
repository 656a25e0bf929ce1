import { formatDuration, parseDuration } from "../words/duration.ts";
import { ConfigError } from "../words/plugin.ts";
import type { Flag, FlagType, FlagTypes, GivenFlag } from "./flags.ts";

// Timers of Node count milliseconds in 31 bits and fire at once when a span is longer.
const bounds: Partial<Record<FlagType, { min: number; max: number }>> = { duration: { min: 0, max: 2 ** 31 - 1 } };

/** The value of one flag; undefined when the text is empty, where its type allows that. Throws a `ConfigError`. */
export function readFlag(flag: Flag, given: GivenFlag): FlagTypes[FlagType] | undefined {
  const last = given.texts.at(-1) ?? "";
  switch (flag.type) {
    case "string":
      return last === "" ? undefined : readString(flag, given.label, last);
    case "int":
      return withinBounds(flag, given.label, last, readInt(flag, given.label, last.trim()), String);
    case "duration":
      return withinBounds(flag, given.label, last, readDuration(given.label, last.trim()), formatDuration);
    case "boolean":
      return readBoolean(given.label, last.trim());
    case "list":
      return readList(given);
    case "pairs":
      return readPairs(given);
  }
}

function readString({ choices }: Flag, label: string, text: string): string {
  if (!choices) return text;
  const choice = choices.find((one) => one === text.trim().toLowerCase());
  if (choice === undefined) throw badValue(label, text, `expected ${alternatives(choices)}`);
  return choice;
}

// A leading zero means octal to Go and decimal to people, so it is no number here.
function readInt({ placeholder }: Flag, label: string, text: string): number {
  const value = /^[+-]?(0|[1-9]\d*)$/.test(text)
    ? Number(text)
    : /^0(x[\da-f]+|o[0-7]+|b[01]+)$/i.test(text)
      ? Number(text)
      : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  const unit = placeholder === undefined ? "" : ` of ${placeholder.toLowerCase()}`;
  throw badValue(label, text, `expected a whole number${unit}, such as 10 or 0xa`);
}

function readDuration(label: string, text: string): number {
  try {
    return parseDuration(text);
  } catch (reason) {
    if (reason instanceof RangeError) throw new ConfigError(`${label}: ${reason.message}`, { cause: reason });
    throw reason;
  }
}

function withinBounds(
  { type, min = bounds[type]?.min, max = bounds[type]?.max }: Flag,
  label: string,
  text: string,
  value: number,
  show: (value: number) => string,
): number {
  if (min !== undefined && value < min) throw badValue(label, text, `expected at least ${show(min)}`);
  if (max !== undefined && value > max) throw badValue(label, text, `expected at most ${show(max)}`);
  return value;
}

// The spellings that Go's flag package knows.
function readBoolean(label: string, text: string): boolean {
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  throw badValue(label, text, "expected true or false");
}

function readList({ texts }: GivenFlag): readonly string[] | undefined {
  const items = texts.flatMap(splitAtCommas);
  return items.length === 0 ? undefined : items;
}

function readPairs({ label, texts, fromEnvironment }: GivenFlag): Readonly<Record<string, string>> | undefined {
  const pairs = texts
    .flatMap((text) => (fromEnvironment ? splitAtCommas(text) : text === "" ? [] : [text]))
    .map((text): [string, string] => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (key === undefined || value === undefined) throw badValue(label, text, "expected key=value");
      return [key, value];
    });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

function splitAtCommas(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function badValue(label: string, text: string, expected: string): ConfigError {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return new ConfigError(`${label} is ${JSON.stringify(shown)}; ${expected}`);
}

function alternatives(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join() : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}
