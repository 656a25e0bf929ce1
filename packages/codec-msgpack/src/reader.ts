import { Buffer, isUtf8 } from "node:buffer";

/**
 * The value of a MessagePack text. Throws an `Error` when it is none.
 *
 * Integers beyond `Number.MAX_SAFE_INTEGER` are `bigint`; bytes are copies; times, of the standard's extension and of
 * tinylib/msgp's, are `Date`, to the millisecond.
 */
export function readMsgpack(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = reader.value();
  reader.end();
  return value;
}

// Far deeper than any message, and the stack holds it.
const maxDepth = 1_000;

/** Reads the parts of a message one after the other. Makes nothing larger than what is really there, whatever lengths claim. */
export class Reader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get at(): number {
    return this.#at;
  }

  value(depth = 0): unknown {
    if (depth > maxDepth) throw this.#wrong(`nested more than ${maxDepth} deep`);
    const { kind, tag, size } = this.#head();
    switch (kind) {
      case "int":
        return tag < 0x80 ? tag : tag - 0x100;
      case "number":
        return this.#number(tag);
      case "text":
        return this.#text(size);
      case "binary":
        return Uint8Array.from(this.#take(size));
      case "array":
        return this.#array(size, depth);
      case "map":
        return this.#map(size, depth);
      case "extension":
        return this.#extension(size);
      default:
        return tag === 0xc0 ? null : tag === 0xc3;
    }
  }

  /** Passes over one value, however deep, and gives its bytes. */
  skip(): Uint8Array {
    const start = this.#at;
    for (let left = 1; left > 0; left--) {
      const { kind, tag, size } = this.#head();
      if (kind === "array") left += size;
      else if (kind === "map") left += 2 * size;
      else if (kind === "number") this.#take(numberBytes(tag));
      else if (kind === "extension") this.#take(size + 1);
      else this.#take(size);
      // Each value has at least one byte, so that a count which lies is found at once.
      if (left - 1 > this.#left()) throw this.#wrong("is cut off");
    }
    return this.#buffer.subarray(start, this.#at);
  }

  /** What follows has to be an array; its count. */
  array(what: string): number {
    const { kind, size } = this.#head();
    if (kind !== "array") throw this.#wrong(`${what} is no array`);
    return size;
  }

  end(): void {
    if (this.#left() > 0) throw this.#wrong(`${this.#left()} bytes follow its value`);
  }

  #left(): number {
    return this.#buffer.length - this.#at;
  }

  /** What comes next and how long it is: bytes, elements or entries. */
  #head(): { kind: Kind; tag: number; size: number } {
    const tag = this.#unsigned(1);
    const known = kinds(tag);
    if (known === undefined) throw this.#wrong(`has the unused byte 0x${tag.toString(16)}`);
    const [kind, fixed, lengthBytes] = known;
    const size = lengthBytes === 0 ? fixed : this.#unsigned(lengthBytes);
    return { kind, tag, size };
  }

  #number(tag: number): number | bigint {
    const bytes = this.#take(numberBytes(tag));
    if (tag === 0xca) return bytes.readFloatBE();
    if (tag === 0xcb) return bytes.readDoubleBE();
    if (bytes.length < 8) return tag < 0xd0 ? bytes.readUIntBE(0, bytes.length) : bytes.readIntBE(0, bytes.length);
    const value = tag === 0xcf ? bytes.readBigUInt64BE() : bytes.readBigInt64BE();
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  #text(length: number): string {
    const bytes = this.#take(length);
    const text = bytes.toString();
    if (text.includes("\ufffd") && !isUtf8(bytes)) throw this.#wrong("has a string that is not UTF-8");
    return text;
  }

  #array(size: number, depth: number): unknown[] {
    // Grows as elements come: arrays within arrays that all claim the rest of the message would take memory without end.
    const values: unknown[] = [];
    for (let i = 0; i < size; i++) values.push(this.value(depth + 1));
    return values;
  }

  #map(size: number, depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (let i = 0; i < size; i++) {
      const key = this.value(depth + 1);
      if (typeof key !== "string" && typeof key !== "number")
        throw this.#wrong("has a key that is neither text nor number");
      entries.push([String(key), this.value(depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  #extension(size: number): Date {
    const [type = 0] = this.#take(1);
    const bytes = this.#take(size);
    if (type === 5 && size === 12) return time(bytes.readBigInt64BE(), bytes.readUInt32BE(8));
    if (type === 0xff && size === 12) return time(bytes.readBigInt64BE(4), bytes.readUInt32BE());
    if (type === 0xff && size === 8) {
      const both = bytes.readBigUInt64BE();
      return time(both & 0x3_ffff_ffffn, Number(both >> 34n));
    }
    if (type === 0xff && size === 4) return time(BigInt(bytes.readUInt32BE()), 0);
    throw this.#wrong(`has the extension ${type > 127 ? type - 256 : type} of ${size} bytes, which is no time`);
  }

  #unsigned(bytes: number): number {
    return this.#take(bytes).readUIntBE(0, bytes);
  }

  #take(length: number): Buffer {
    if (length > this.#left()) throw this.#wrong("is cut off");
    this.#at += length;
    return this.#buffer.subarray(this.#at - length, this.#at);
  }

  #wrong(what: string): Error {
    return new Error(`invalid MessagePack: ${what} at byte ${this.#at}`);
  }
}

type Kind = "int" | "map" | "array" | "text" | "binary" | "extension" | "number" | "word";

/** What a tag stands for: the kind, its size, and in how many bytes the size follows. */
function kinds(tag: number): [Kind, number, number] | undefined {
  if (tag < 0x80 || tag >= 0xe0) return ["int", 0, 0];
  if (tag < 0x90) return ["map", tag & 15, 0];
  if (tag < 0xa0) return ["array", tag & 15, 0];
  if (tag < 0xc0) return ["text", tag & 31, 0];
  return others[tag - 0xc0];
}

const others: readonly ([Kind, number, number] | undefined)[] = [
  ["word", 0, 0],
  undefined,
  ["word", 0, 0],
  ["word", 0, 0],
  ["binary", 0, 1],
  ["binary", 0, 2],
  ["binary", 0, 4],
  ["extension", 0, 1],
  ["extension", 0, 2],
  ["extension", 0, 4],
  ...Array.from({ length: 10 }, (): [Kind, number, number] => ["number", 0, 0]),
  ["extension", 1, 0],
  ["extension", 2, 0],
  ["extension", 4, 0],
  ["extension", 8, 0],
  ["extension", 16, 0],
  ["text", 0, 1],
  ["text", 0, 2],
  ["text", 0, 4],
  ["array", 0, 2],
  ["array", 0, 4],
  ["map", 0, 2],
  ["map", 0, 4],
];

/** Bytes after the tag: floats of 4 and 8, then unsigned and signed of 1, 2, 4 and 8. */
function numberBytes(tag: number): number {
  return [4, 8, 1, 2, 4, 8, 1, 2, 4, 8][tag - 0xca] ?? 0;
}

function time(seconds: bigint, nanos: number): Date {
  return new Date(Number(seconds) * 1_000 + Math.floor(nanos / 1_000_000));
}
