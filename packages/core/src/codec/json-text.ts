import { Buffer, isUtf8 } from "node:buffer";

/**
 * The value of a JSON text in UTF-8. Throws an `Error` when it is none.
 *
 * Integers beyond `Number.MAX_SAFE_INTEGER` become `bigint`, since Go writes 64-bit integers as plain digits.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString("utf8");
  if (text.includes("\ufffd") && !isUtf8(buffer)) throw new Error("invalid JSON: not UTF-8");
  try {
    return manyDigits.test(text) ? new ExactParser(text).document() : JSON.parse(text);
  } catch (reason) {
    throw new Error(`invalid JSON: ${reason instanceof Error ? reason.message : reason}`, { cause: reason });
  }
}

/** Whether there is nothing but white space. */
export function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

/** The JSON text of a value as `JSON.stringify` writes it, `bigint` as all its digits and `Uint8Array` in base64. */
export function formatJson(value: unknown): string {
  if (holdsSpecial(value, 0)) return format(value, "", 0) ?? "null";
  return JSON.stringify(value) ?? "null";
}

// Fewer digits always fit a number; more are looked at one by one.
const manyDigits = /\d{16}/;
const numberAt = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const blankAt = /[ \t\n\r]*/y;
// Far deeper than any message, and the stack holds it.
const maxDepth = 1_000;

/** Reads the few texts with long numbers in them, for which `JSON.parse` is not exact. */
class ExactParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    const value = this.#value();
    if (this.#next() !== "") throw this.#unexpected();
    return value;
  }

  /** The next character that is no white space; empty at the end. */
  #next(): string {
    blankAt.lastIndex = this.#at;
    blankAt.test(this.#text);
    this.#at = blankAt.lastIndex;
    return this.#text.charAt(this.#at);
  }

  #take(char: string): boolean {
    if (this.#next() !== char) return false;
    this.#at++;
    return true;
  }

  #value(): unknown {
    switch (this.#next()) {
      case "{":
        return this.#nested(() => this.#object());
      case "[":
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > maxDepth) throw new Error(`nested more than ${maxDepth} deep`);
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    if (this.#take("}")) return {};
    do {
      if (this.#next() !== '"') throw this.#unexpected();
      const key = this.#string();
      if (!this.#take(":")) throw this.#unexpected();
      entries.push([key, this.#value()]);
    } while (this.#take(","));
    if (!this.#take("}")) throw this.#unexpected();
    return Object.fromEntries(entries);
  }

  #array(): unknown[] {
    const values: unknown[] = [];
    if (this.#take("]")) return values;
    do values.push(this.#value());
    while (this.#take(","));
    if (!this.#take("]")) throw this.#unexpected();
    return values;
  }

  #string(): string {
    const start = this.#at;
    let end = start;
    do {
      end = this.#text.indexOf('"', end + 1);
      if (end === -1) throw new Error(`a string without end at position ${start}`);
    } while (this.#escaped(end));
    this.#at = end + 1;
    return JSON.parse(this.#text.slice(start, end + 1)) as string;
  }

  #escaped(at: number): boolean {
    let slashes = 0;
    while (this.#text[at - 1 - slashes] === "\\") slashes++;
    return slashes % 2 === 1;
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected();
    this.#at += word.length;
    return value;
  }

  #number(): number | bigint {
    numberAt.lastIndex = this.#at;
    const match = numberAt.exec(this.#text);
    if (match === null) throw this.#unexpected();
    const [digits, fraction, exponent] = match;
    this.#at += digits.length;
    const value = Number(digits);
    if (fraction !== undefined || exponent !== undefined || Number.isSafeInteger(value)) return value;
    // BigInt takes time with the square of the digits; no integer on the wire has more than twenty.
    return digits.length > 400 ? value : BigInt(digits);
  }

  #unexpected(): Error {
    const char = this.#text.charAt(this.#at);
    return new Error(char === "" ? "unexpected end" : `unexpected ${JSON.stringify(char)} at position ${this.#at}`);
  }
}

/** Whether somewhere in the value is something that `JSON.stringify` refuses or garbles. */
function holdsSpecial(value: unknown, depth: number): boolean {
  if (typeof value === "bigint") return true;
  // A value that contains itself is left to JSON.stringify, which says so.
  if (typeof value !== "object" || value === null || depth > maxDepth) return false;
  if (value instanceof Uint8Array) return true;
  if (Array.isArray(value)) return value.some((element) => holdsSpecial(element, depth + 1));
  for (const key in value) {
    if (holdsSpecial((value as Record<string, unknown>)[key], depth + 1)) return true;
  }
  return false;
}

/** `undefined` when the value has no JSON: a function, for one. */
function format(value: unknown, key: string, depth: number): string | undefined {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (depth > maxDepth) throw new TypeError(`a value nested more than ${maxDepth} deep has no JSON`);
  if (value instanceof Uint8Array) {
    return `"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")}"`;
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return format(value.toJSON(key), key, depth + 1);
  if (Array.isArray(value)) {
    return `[${value.map((element, i) => format(element, String(i), depth + 1) ?? "null").join(",")}]`;
  }
  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    const text = format(member, name, depth + 1);
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${members.join(",")}}`;
}
