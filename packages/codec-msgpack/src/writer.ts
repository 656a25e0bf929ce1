import { Buffer } from "node:buffer";
import { Real, Unsigned } from "./numbers.ts";

/**
 * The MessagePack of a value, laid out as tinylib/msgp does: positive numbers of signed types beyond 127 have the
 * signed forms, times are its extension 5.
 *
 * Throws a `TypeError` that names the place when something in it has no MessagePack.
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export function writeMsgpack(value: unknown): Uint8Array {
  const out = new Writer();
  out.value(value, "", 0);
  return out.take();
}

// Far deeper than any message, and the stack holds it.
const maxDepth = 1_000;

/** Writes the parts of a message one after the other; `take` gives its bytes. */
export class Writer {
  #buffer = Buffer.allocUnsafe(256);
  #length = 0;

  take(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  value(value: unknown, path: string, depth: number): void {
    if (value === null || value === undefined) this.nil();
    else if (typeof value === "string") this.text(value);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "bigint") this.#bigint(value, path);
    else if (typeof value === "boolean") this.#bytes(value ? 0xc3 : 0xc2);
    else if (typeof value === "object") this.#object(value, path, depth + 1);
    else throw new TypeError(`${where(path)}a ${typeof value} has no MessagePack`);
  }

  nil(): void {
    this.#bytes(0xc0);
  }

  arrayHead(count: number): void {
    this.#head(count, [0x90, 15], undefined, 0xdc, 0xdd);
  }

  text(text: string): void {
    const length = Buffer.byteLength(text);
    this.#head(length, [0xa0, 31], 0xd9, 0xda, 0xdb);
    this.#ensure(length);
    this.#buffer.write(text, this.#length, length, "utf8");
    this.#length += length;
  }

  /** A message that is MessagePack already. */
  raw(bytes: Uint8Array): void {
    this.#ensure(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #object(value: object, path: string, depth: number): void {
    if (depth > maxDepth) throw new TypeError(`a value nested more than ${maxDepth} deep has no MessagePack`);
    if (value instanceof Real) this.#real(value);
    else if (value instanceof Unsigned) this.#unsigned(value.value);
    else if (value instanceof Uint8Array) this.#binary(value);
    else if (value instanceof Date) this.#time(value, path);
    else if (Array.isArray(value)) this.#array(value, path, depth);
    else if (value instanceof Map) this.#map([...value], path, depth);
    else
      this.#map(
        Object.entries(value).filter(([, member]) => member !== undefined),
        path,
        depth,
      );
  }

  #array(values: readonly unknown[], path: string, depth: number): void {
    this.arrayHead(values.length);
    for (const [i, value] of values.entries()) this.value(value, `${path}[${i}]`, depth);
  }

  #map(entries: readonly (readonly [unknown, unknown])[], path: string, depth: number): void {
    this.#head(entries.length, [0x80, 15], undefined, 0xde, 0xdf);
    for (const [key, value] of entries) {
      if (typeof key !== "string") throw new TypeError(`${where(path)}keys are strings, got ${typeof key}`);
      this.text(key);
      this.value(value, path === "" ? key : `${path}.${key}`, depth);
    }
  }

  #binary(bytes: Uint8Array): void {
    this.#head(bytes.length, undefined, 0xc4, 0xc5, 0xc6);
    this.raw(bytes);
  }

  /** A tag and a length: within the tag, or in one, two or four bytes after it. */
  #head(
    length: number,
    fixed: [tag: number, most: number] | undefined,
    tag8: number | undefined,
    tag16: number,
    tag32: number,
  ): void {
    if (fixed !== undefined && length <= fixed[1]) this.#bytes(fixed[0] | length);
    else if (tag8 !== undefined && length < 2 ** 8) this.#bytes(tag8, length);
    else if (length < 2 ** 16) this.#sized(tag16, 2, BigInt(length));
    else this.#sized(tag32, 4, BigInt(length));
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.#real(new Real(value, 64));
    else if (value >= -32 && value <= 127) this.#bytes(value & 0xff);
    else this.#signed(BigInt(value));
  }

  #bigint(value: bigint, path: string): void {
    if (BigInt.asIntN(64, value) === value) this.#signed(value);
    else if (BigInt.asUintN(64, value) === value) this.#unsigned(value);
    else throw new TypeError(`${where(path)}${value} has more than 64 bits`);
  }

  #signed(value: bigint): void {
    if (value >= -32n && value <= 127n) this.#bytes(Number(value) & 0xff);
    // The form of one byte is left to negative numbers: what fits it and is positive was written above.
    else if (BigInt.asIntN(8, value) === value) this.#sized(0xd0, 1, value);
    else if (BigInt.asIntN(16, value) === value) this.#sized(0xd1, 2, value);
    else if (BigInt.asIntN(32, value) === value) this.#sized(0xd2, 4, value);
    else this.#sized(0xd3, 8, value);
  }

  #unsigned(value: bigint): void {
    if (value < 2n ** 7n) this.#bytes(Number(value));
    else if (value < 2n ** 8n) this.#sized(0xcc, 1, value);
    else if (value < 2n ** 16n) this.#sized(0xcd, 2, value);
    else if (value < 2n ** 32n) this.#sized(0xce, 4, value);
    else this.#sized(0xcf, 8, value);
  }

  #real({ value, bits }: Real): void {
    this.#ensure(9);
    this.#buffer[this.#length] = bits === 32 ? 0xca : 0xcb;
    this.#length =
      bits === 32
        ? this.#buffer.writeFloatBE(value, this.#length + 1)
        : this.#buffer.writeDoubleBE(value, this.#length + 1);
  }

  #time(time: Date, path: string): void {
    const ms = time.getTime();
    if (Number.isNaN(ms)) throw new TypeError(`${where(path)}an invalid date has no MessagePack`);
    const seconds = Math.floor(ms / 1_000);
    this.#bytes(0xc7, 12, 5);
    this.#sized(undefined, 8, BigInt(seconds));
    this.#sized(undefined, 4, BigInt((ms - seconds * 1_000) * 1_000_000));
  }

  /** A tag and the lower `size` bytes of a number. */
  #sized(tag: number | undefined, size: 1 | 2 | 4 | 8, value: bigint): void {
    if (tag !== undefined) this.#bytes(tag);
    this.#ensure(8);
    if (size === 8) this.#buffer.writeBigUInt64BE(BigInt.asUintN(64, value), this.#length);
    else this.#buffer.writeUIntBE(Number(BigInt.asUintN(8 * size, value)), this.#length, size);
    this.#length += size;
  }

  #bytes(...bytes: number[]): void {
    this.#ensure(bytes.length);
    for (const byte of bytes) this.#buffer[this.#length++] = byte;
  }

  #ensure(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#length + bytes, 2 * this.#buffer.length));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}

function where(path: string): string {
  return path === "" ? "" : `${path}: `;
}
