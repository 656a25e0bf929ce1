import { Buffer } from "node:buffer";
import { Real } from "./real.ts";
import { types } from "./types.ts";

/**
 * The BSON of a value: whole numbers have 32 bits where they fit, `bigint` always has 64; members that are `undefined`
 * are left out. What is no object becomes the only member, `_Val_`, of one, as in go-bson.
 *
 * Throws a `TypeError` that names the place when something in it has no BSON.
 * Source: https://bsonspec.org/spec.html
 */
export function writeBson(value: unknown): Uint8Array {
  const out = new Writer();
  out.document(isDocument(value) ? membersOf(value, "") : [[soleMember, value]], "", 0);
  return out.take();
}

/** Where go-bson puts a value that is no document. */
export const soleMember = "_Val_";

// Deeper than any message, and the stack holds it.
const maxDepth = 200;

class Writer {
  #buffer = Buffer.allocUnsafe(256);
  #length = 0;

  take(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  document(members: Iterable<readonly [string, unknown]>, path: string, depth: number): void {
    if (depth > maxDepth) throw new TypeError(`a value nested more than ${maxDepth} deep has no BSON`);
    const start = this.#length;
    this.#int32(0);
    for (const [key, value] of members) this.#member(key, value, path, depth);
    this.#byte(0);
    this.#buffer.writeInt32LE(this.#length - start, start);
  }

  #member(key: string, value: unknown, path: string, depth: number): void {
    if (key.includes("\0")) throw new TypeError(`${where(path)}a key with a zero byte has no BSON`);
    const typeAt = this.#length;
    this.#byte(0);
    this.#text(key);
    this.#byte(0);
    // Written last, since only the value knows its type.
    const type = this.#value(value, path === "" ? key : `${path}.${key}`, depth);
    this.#buffer[typeAt] = type;
  }

  /** Writes a value, and gives its type. */
  #value(value: unknown, path: string, depth: number): number {
    if (value === null || value === undefined) return types.null;
    if (typeof value === "boolean") {
      this.#byte(value ? 1 : 0);
      return types.boolean;
    }
    if (typeof value === "string") {
      this.#int32(Buffer.byteLength(value) + 1);
      this.#text(value);
      this.#byte(0);
      return types.string;
    }
    if (typeof value === "number") return this.#number(value);
    if (typeof value === "bigint") return this.#bigint(value, path);
    if (typeof value === "object") return this.#object(value, path, depth + 1);
    throw new TypeError(`${where(path)}a ${typeof value} has no BSON`);
  }

  #number(value: number): number {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return this.#double(value);
    if (value !== (value | 0)) return this.#int64(BigInt(value));
    this.#int32(value);
    return types.int32;
  }

  #bigint(value: bigint, path: string): number {
    if (BigInt.asIntN(64, value) !== value) throw new TypeError(`${where(path)}${value} has more than 64 bits`);
    return this.#int64(value);
  }

  #object(value: object, path: string, depth: number): number {
    if (value instanceof Real) return this.#double(value.value);
    if (value instanceof Uint8Array) return this.#binary(value);
    if (value instanceof Date) return this.#time(value, path);
    if (Array.isArray(value)) {
      this.document(
        value.map((element, i) => [String(i), element] as const),
        path,
        depth,
      );
      return types.array;
    }
    this.document(membersOf(value, path), path, depth);
    return types.document;
  }

  #double(value: number): number {
    this.#ensure(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
    return types.double;
  }

  #int64(value: bigint): number {
    this.#ensure(8);
    this.#length = this.#buffer.writeBigInt64LE(value, this.#length);
    return types.int64;
  }

  #binary(bytes: Uint8Array): number {
    this.#int32(bytes.length);
    this.#byte(0);
    this.#ensure(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return types.binary;
  }

  #time(time: Date, path: string): number {
    const ms = time.getTime();
    if (Number.isNaN(ms)) throw new TypeError(`${where(path)}an invalid date has no BSON`);
    this.#int64(BigInt(ms));
    return types.time;
  }

  #int32(value: number): void {
    this.#ensure(4);
    this.#length = this.#buffer.writeInt32LE(value, this.#length);
  }

  #text(text: string): void {
    const length = Buffer.byteLength(text);
    this.#ensure(length);
    this.#buffer.write(text, this.#length, length, "utf8");
    this.#length += length;
  }

  #byte(byte: number): void {
    this.#ensure(1);
    this.#buffer[this.#length++] = byte;
  }

  #ensure(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#length + bytes, 2 * this.#buffer.length));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}

function isDocument(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return !(value instanceof Uint8Array || value instanceof Date || value instanceof Real);
}

function* membersOf(value: object, path: string): Iterable<readonly [string, unknown]> {
  for (const [key, member] of value instanceof Map ? value : Object.entries(value)) {
    if (typeof key !== "string") throw new TypeError(`${where(path)}keys are strings, got ${typeof key}`);
    if (member !== undefined) yield [key, member];
  }
}

function where(path: string): string {
  return path === "" ? "" : `${path}: `;
}
