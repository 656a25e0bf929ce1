import { inspect } from "node:util";
import { formatPosition, parseStackLine } from "./call-site.ts";
import { isSpelledError, type LogFields, type SpelledError } from "./log-fields.ts";
import type { LogLevel } from "./logger.ts";
import { originalPosition } from "./source-map.ts";

// What moves a terminal's cursor, ends a line somewhere, or turns the reading direction: C0, DEL, C1, line and
// paragraph separator, and the bidirectional controls.
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const unprintableInJson = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * One record for people, on one line: `2020-05-12 16:08:07 file=handler/user.ts:23 level=info user=huohuo Received call`.
 * The field `file` comes first, the others in the order of their keys; values with spaces or quotes in them are quoted
 * as in JSON.
 */
export function textLine(timeMs: number, level: LogLevel, fields: LogFields, message: string): string {
  const { file } = fields;
  let line = `${localTime(timeMs)}${file === undefined ? "" : ` file=${formatValue(file)}`} level=${level}`;
  for (const key of Object.keys(fields).sort()) {
    const value = fields[key];
    if (key !== "file" && value !== undefined) line += ` ${formatKey(key)}=${formatValue(value)}`;
  }
  return message === "" ? `${line}\n` : `${line} ${printable(message)}\n`;
}

/** `text` with all that could break a line or disturb a terminal written as an escape: `\n`, `\u001b`. */
export function printable(text: string): string {
  return text.replace(unprintable, escapeCharacter);
}

/** The same for a line of JSON, which itself escapes only C0. */
export function printableJson(line: string): string {
  return line.replace(unprintableInJson, unicodeEscape);
}

const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeCharacter(character: string): string {
  return shortEscapes[character] ?? unicodeEscape(character);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function formatKey(key: string): string {
  return printable(key).replaceAll(/[\s="\\]/g, "_");
}

function formatValue(value: unknown): string {
  const text = valueText(value);
  return /^[^\s"=\\]+$/.test(text) && text.search(unprintable) < 0 ? text : printable(JSON.stringify(text));
}

function valueText(value: unknown): string {
  if (typeof value === "string") return value;
  if (isSpelledError(value)) return errorText(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (typeof value !== "object" || value === null) return String(value);
  return inspect(value, { breakLength: Number.POSITIVE_INFINITY, compact: true, depth: 4 });
}

const shownFrames = 5;

// A whole stack does not fit on a line. The innermost places do, and say most of it; JSON has the rest.
function errorText({ type, message, stack }: SpelledError): string {
  const places = stack
    .split("\n")
    .map(parseStackLine)
    .filter((position) => position !== undefined)
    .slice(0, shownFrames)
    .map((position) => formatPosition(originalPosition(position) ?? position));
  return `${type}: ${message}${places.length > 0 ? ` (${places.join(" < ")})` : ""}`;
}

let second = Number.NaN;
let secondText = "";

function localTime(timeMs: number): string {
  const now = Math.floor(timeMs / 1_000);
  if (now === second) return secondText;
  const date = new Date(timeMs);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  secondText = `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  second = now;
  return secondText;
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}
