/**
 * JSON taken apart and put together as text, so that what nobody needs to look into passes as it was written: big
 * integers, nulls, the order of keys, keys like `__proto__`. All functions here expect text that `JSON.parse` accepts.
 */

/** A value as text, or an object whose members may still be added to. */
export type JsonNode = string | JsonObject;
export type JsonObject = Map<string, JsonNode | JsonNode[]>;

/** The text of an object. */
export function jsonText(node: JsonNode | readonly JsonNode[]): string {
  if (typeof node === "string") return node;
  if (!(node instanceof Map)) return `[${(node as readonly JsonNode[]).map(jsonText).join(",")}]`;
  let text = "";
  for (const [key, value] of node) text += `${text === "" ? "{" : ","}${JSON.stringify(key)}:${jsonText(value)}`;
  return text === "" ? "{}" : `${text}}`;
}

/** True when the text is an object; scalars and lists are not. */
export function isObjectText(text: string): boolean {
  return text.charCodeAt(skipBlanks(text, 0)) === openBrace;
}

/** The members of the object in `text`, each value as text; of two with one key the last. */
export function objectMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  walkObject(text, 0, (key, start) => {
    const end = endOfValue(text, start);
    members.set(key, text.slice(start, end));
    return end;
  });
  return members;
}

/** The object in `text`, its members as text. */
export function objectNode(text: string): JsonObject {
  return new Map(objectMembers(text));
}

/** Puts a value, given as text, at the end of a path of names; what stands in the way and is no object is replaced. */
export function setAt(root: JsonObject, names: readonly string[], value: string): void {
  let object = root;
  for (const [at, name] of names.entries()) {
    if (at === names.length - 1) return void object.set(name, value);
    const present = object.get(name);
    const below =
      present instanceof Map
        ? present
        : typeof present === "string" && isObjectText(present)
          ? objectNode(present)
          : (new Map() as JsonObject);
    object.set(name, below);
    object = below;
  }
}

/** The member at the end of a path of names, as text; undefined when there is none. */
export function memberAt(text: string, names: readonly string[]): string | undefined {
  let found = text;
  for (const name of names) {
    const member = isObjectText(found) ? objectMembers(found).get(name) : undefined;
    if (member === undefined) return undefined;
    found = member;
  }
  return found;
}

/** The first element of the list in `text`; undefined when it is empty or no list. */
export function firstElement(text: string): string | undefined {
  const open = skipBlanks(text, 0);
  if (text.charCodeAt(open) !== openBracket) return undefined;
  const start = skipBlanks(text, open + 1);
  return text.charCodeAt(start) === closeBracket ? undefined : text.slice(start, endOfValue(text, start));
}

/**
 * The object in `text` laid over `base`: its members win, and where both have an object the two become one. It is
 * read once from left to right however deep `base` is.
 */
export function overlay(base: JsonObject, text: string): string {
  return overlayAt(base, text, skipBlanks(text, 0)).text;
}

function overlayAt(base: JsonObject, text: string, from: number): { text: string; end: number } {
  const over = new Map<string, string>();
  const end = walkObject(text, from, (key, start) => {
    const below = base.get(key);
    if (below instanceof Map && text.charCodeAt(start) === openBrace) {
      const merged = overlayAt(below, text, start);
      over.set(key, merged.text);
      return merged.end;
    }
    const valueEnd = endOfValue(text, start);
    over.set(key, text.slice(start, valueEnd));
    return valueEnd;
  });
  const merged: JsonObject = new Map([...base, ...over]);
  return { text: jsonText(merged), end };
}

/** Calls `member` with each key and where its value begins; it answers where the value ends. Gives the end of the object. */
function walkObject(text: string, from: number, member: (key: string, start: number) => number): number {
  let at = skipBlanks(text, skipBlanks(text, from) + 1);
  while (text.charCodeAt(at) !== closeBrace) {
    const keyEnd = endOfString(text, at);
    const raw = text.slice(at + 1, keyEnd - 1);
    const key = raw.includes("\\") ? (JSON.parse(text.slice(at, keyEnd)) as string) : raw;
    const start = skipBlanks(text, skipBlanks(text, keyEnd) + 1);
    at = skipBlanks(text, member(key, start));
    if (text.charCodeAt(at) === comma) at = skipBlanks(text, at + 1);
  }
  return at + 1;
}

function endOfValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === quote) return endOfString(text, start);
  if (first === openBrace || first === openBracket) return endOfNested(text, start);
  let at = start;
  while (at < text.length && !endsScalar(text.charCodeAt(at))) at++;
  return at;
}

function endOfNested(text: string, start: number): number {
  let depth = 0;
  for (let at = start; ; at++) {
    const char = text.charCodeAt(at);
    if (char === quote) at = endOfString(text, at) - 1;
    else if (char === openBrace || char === openBracket) depth++;
    else if ((char === closeBrace || char === closeBracket) && --depth === 0) return at + 1;
  }
}

/** The index after the quote that closes the string at `start`. */
function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (escaped(text, at)) at = text.indexOf('"', at + 1);
  return at + 1;
}

/** An odd number of backslashes before it. */
function escaped(text: string, at: number): boolean {
  let before = at;
  while (text.charCodeAt(before - 1) === backslash) before--;
  return (at - before) % 2 === 1;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (isBlank(text.charCodeAt(at))) at++;
  return at;
}

function isBlank(char: number): boolean {
  return char === 0x20 || char === 0x0a || char === 0x0d || char === 0x09;
}

function endsScalar(char: number): boolean {
  return char === comma || char === closeBrace || char === closeBracket || isBlank(char);
}

const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
