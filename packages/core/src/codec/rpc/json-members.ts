import { Buffer } from "node:buffer";

/**
 * The members of a JSON object, each value as the bytes it was written as, so that a body is read once, by the codec
 * that knows its type. Of two members of one name the later wins.
 *
 * Looks no further into values than to find where they end: what is taken out must still be parsed.
 */
export function jsonMembers(json: Uint8Array): Map<string, Uint8Array> {
  const scan = new Scan(json);
  const members = new Map<string, Uint8Array>();
  scan.expect("{", "an object");
  if (!scan.take("}")) {
    do {
      const name = scan.key();
      scan.expect(":", "a colon");
      members.set(name, scan.value());
    } while (scan.take(","));
    scan.expect("}", "a comma or the end of the object");
  }
  scan.end();
  return members;
}

/** The elements of a JSON array, in the same way. */
export function jsonElements(json: Uint8Array): Uint8Array[] {
  const scan = new Scan(json);
  const elements: Uint8Array[] = [];
  scan.expect("[", "an array");
  if (!scan.take("]")) {
    do elements.push(scan.value());
    while (scan.take(","));
    scan.expect("]", "a comma or the end of the array");
  }
  scan.end();
  return elements;
}

const blankAt = /[ \t\n\r]*/y;
const scalarAt = /[-+.\w]+/y;
const bracket = /["{}[\]]/g;

class Scan {
  readonly #bytes: Uint8Array;
  // One character a byte, so that places in the text are places in the bytes; all that is looked for is ASCII.
  readonly #text: string;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  }

  take(char: string): boolean {
    this.#skip(blankAt);
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  expect(char: string, what: string): void {
    if (!this.take(char)) throw this.#unexpected(what);
  }

  key(): string {
    const text = this.#slice(this.#expectString());
    try {
      return JSON.parse(text) as string;
    } catch (reason) {
      throw new Error(`invalid JSON: ${text.slice(0, 40)} is no name`, { cause: reason });
    }
  }

  value(): Uint8Array {
    this.#skip(blankAt);
    const start = this.#at;
    const first = this.#text[start];
    if (first === "{" || first === "[") this.#skipNested();
    else if (first === '"') this.#expectString();
    else if (!this.#skip(scalarAt)) throw this.#unexpected("a value");
    return this.#bytes.subarray(start, this.#at);
  }

  end(): void {
    this.#skip(blankAt);
    if (this.#at < this.#text.length) throw this.#unexpected("the end");
  }

  /** Goes over a string, and says where it began. */
  #expectString(): number {
    this.expect('"', "a string");
    const start = this.#at - 1;
    let end = start;
    do {
      end = this.#text.indexOf('"', end + 1);
      if (end === -1) throw this.#unexpected("the end of a string, from here");
    } while (this.#escaped(end));
    this.#at = end + 1;
    return start;
  }

  #escaped(at: number): boolean {
    let slashes = 0;
    while (this.#text[at - 1 - slashes] === "\\") slashes++;
    return slashes % 2 === 1;
  }

  /** Goes to the end of the object or array that begins here, by counting: depth costs nothing. */
  #skipNested(): void {
    let depth = 0;
    do {
      bracket.lastIndex = this.#at;
      const found = bracket.exec(this.#text);
      if (found === null) {
        this.#at = this.#text.length;
        throw this.#unexpected("the end of a value");
      }
      this.#at = found.index;
      if (found[0] === '"') this.#expectString();
      else {
        depth += found[0] === "{" || found[0] === "[" ? 1 : -1;
        this.#at++;
      }
    } while (depth > 0);
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.test(this.#text);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }

  #slice(start: number): string {
    return this.#text.slice(start, this.#at);
  }

  #unexpected(wanted: string): Error {
    const at = this.#at;
    const found = at < this.#text.length ? JSON.stringify(this.#text[at]) : "the end";
    return new Error(`invalid JSON: expected ${wanted} at position ${at}, found ${found}`);
  }
}
