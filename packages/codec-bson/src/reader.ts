import { Buffer, isUtf8 } from "node:buffer";
import { types } from "./types.ts";
import { soleMember } from "./writer.ts";

/**
 * The value of a BSON document; of one whose only member is `_Val_`, that member.
 *
 * Integers beyond `Number.MAX_SAFE_INTEGER` are `bigint`; binary is a copy. Throws an `Error` when the bytes are not
 * exactly one document, and for the types that go-bson does not read either, such as ObjectId.
 */
export function readBson(bytes: Uint8Array): unknown {
  const document = readDocument(bytes);
  const keys = Object.keys(document);
  return keys.length === 1 && keys[0] === soleMember ? document[soleMember] : document;
}

/** The same with `_Val_` taken as any other member. */
export function readDocument(bytes: Uint8Array): Record<string, unknown> {
  const reader = new Reader(bytes);
  return Object.fromEntries(reader.document(bytes.length, 0));
}

// Deeper than any message, and the stack holds it.
const maxDepth = 200;

class Reader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The members of a document that lies before `limit`; the outermost one has to reach it. */
  document(limit: number, depth: number): [string, unknown][] {
    if (depth > maxDepth) throw this.#wrong(`nested more than ${maxDepth} deep`);
    const start = this.#at;
    const length = this.#take(4, limit).readInt32LE();
    const end = start + length;
    if (length < 5 || end > limit) throw this.#wrong(`a document claims ${length} bytes, ${limit - start} are left`);
    if (depth === 0 && end < limit) throw this.#wrong(`${limit - end} bytes follow the document`);
    const members: [string, unknown][] = [];
    for (let type = this.#byte(end); type !== 0; type = this.#byte(end)) {
      members.push([this.#key(end), this.#value(type, end, depth)]);
    }
    if (this.#at !== end) throw this.#wrong(`a document ends ${end - this.#at} bytes before its length`);
    return members;
  }

  #value(type: number, end: number, depth: number): unknown {
    switch (type) {
      case types.double:
        return this.#take(8, end).readDoubleLE();
      case types.string:
        return this.#string(end);
      case types.document:
        return Object.fromEntries(this.document(end, depth + 1));
      case types.array:
        return this.document(end, depth + 1).map(([, element]) => element);
      case types.binary:
        return this.#binary(end);
      case types.boolean:
        return this.#byte(end) !== 0;
      case types.time:
        return new Date(Number(this.#take(8, end).readBigInt64LE()));
      case types.null:
        return null;
      case types.int32:
        return this.#take(4, end).readInt32LE();
      case types.int64:
        return exact(this.#take(8, end).readBigInt64LE());
      case types.uint64:
        return exact(this.#take(8, end).readBigUInt64LE());
      default:
        throw this.#wrong(`the type 0x${type.toString(16)} is unknown`);
    }
  }

  #key(end: number): string {
    const zero = this.#buffer.indexOf(0, this.#at);
    if (zero === -1 || zero >= end) throw this.#wrong("a key is cut off");
    const key = this.#text(this.#buffer.subarray(this.#at, zero));
    this.#at = zero + 1;
    return key;
  }

  #string(end: number): string {
    const length = this.#take(4, end).readInt32LE();
    if (length < 1) throw this.#wrong(`a string claims ${length} bytes`);
    const bytes = this.#take(length, end);
    if (bytes[length - 1] !== 0) throw this.#wrong("a string does not end in a zero byte");
    return this.#text(bytes.subarray(0, -1));
  }

  #binary(end: number): Uint8Array {
    const length = this.#take(4, end).readInt32LE();
    // The kind of binary says nothing about its bytes.
    this.#byte(end);
    if (length < 0) throw this.#wrong(`binary claims ${length} bytes`);
    return Uint8Array.from(this.#take(length, end));
  }

  #text(bytes: Buffer): string {
    const text = bytes.toString();
    if (text.includes("\ufffd") && !isUtf8(bytes)) throw this.#wrong("a string is not UTF-8");
    return text;
  }

  #byte(end: number): number {
    return this.#take(1, end).readUInt8();
  }

  #take(length: number, end: number): Buffer {
    if (length > end - this.#at) throw this.#wrong("cut off");
    this.#at += length;
    return this.#buffer.subarray(this.#at - length, this.#at);
  }

  #wrong(what: string): Error {
    return new Error(`invalid BSON: ${what}, at byte ${this.#at}`);
  }
}

function exact(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
