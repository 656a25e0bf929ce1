import { isUtf8 } from "node:buffer";

// What Node's pool keeps alive for the smallest piece of it.
const pooledBytes = Buffer.poolSize;

/** Reads the protobuf wire format. Every read is checked against the end of the message it belongs to. */
export class Reader {
  readonly buf: Buffer;
  pos = 0;
  /** Where the message being read ends. */
  end: number;
  /** Messages open at the moment, one within the other. */
  depth = 0;
  /** The halves of the last varint of 64 bits. */
  lo = 0;
  hi = 0;
  readonly #owned: boolean;

  /** What is `owned` nobody will write to any more, and fields that are bytes may be views of it. */
  constructor(bytes: Uint8Array, owned = false) {
    this.#owned = owned;
    this.buf = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
  }

  /** Field number and wire type, as `number * 8 + type`. */
  tag(): number {
    const { pos } = this;
    if (pos < this.end) {
      const first = this.buf[pos] as number;
      if (first < 128 && first > 7) {
        this.pos = pos + 1;
        return first;
      }
    }
    this.varint64();
    if (this.hi !== 0 || this.lo < 8) throw new Error(`field number out of range at byte ${pos}`);
    return this.lo;
  }

  /** The length of what follows, which is there. */
  length(): number {
    const { pos } = this;
    if (pos < this.end) {
      const first = this.buf[pos] as number;
      if (first < 128) {
        if (first > this.end - pos - 1) throw this.truncated();
        this.pos = pos + 1;
        return first;
      }
    }
    this.varint64();
    if (this.hi !== 0 || this.lo > this.end - this.pos) throw this.truncated();
    return this.lo;
  }

  /** A varint's lower 32 bits, unsigned. */
  uint32(): number {
    const { pos } = this;
    if (pos < this.end) {
      const first = this.buf[pos] as number;
      if (first < 128) {
        this.pos = pos + 1;
        return first;
      }
    }
    this.varint64();
    return this.lo;
  }

  /** A varint into `lo` and `hi`, both unsigned. */
  varint64(): void {
    const { buf, end } = this;
    let { pos } = this;
    let lo = 0;
    let hi = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (pos >= end) throw this.truncated();
      const byte = buf[pos++] as number;
      const bits = byte & 127;
      if (shift < 28) lo |= bits << shift;
      else if (shift === 28) {
        lo |= bits << 28;
        hi = bits >>> 4;
      } else hi |= bits << (shift - 32);
      if (byte < 128) {
        if (shift === 63 && byte > 1) break;
        this.pos = pos;
        this.lo = lo >>> 0;
        this.hi = hi >>> 0;
        return;
      }
    }
    throw new Error(`varint longer than 64 bits at byte ${this.pos}`);
  }

  fixed32(): number {
    if (this.end - this.pos < 4) throw this.truncated();
    const { buf, pos } = this;
    this.pos = pos + 4;
    return (
      ((buf[pos] as number) |
        ((buf[pos + 1] as number) << 8) |
        ((buf[pos + 2] as number) << 16) |
        ((buf[pos + 3] as number) << 24)) >>>
      0
    );
  }

  /** Eight bytes into `lo` and `hi`. */
  fixed64(): void {
    if (this.end - this.pos < 8) throw this.truncated();
    this.lo = this.fixed32();
    this.hi = this.fixed32();
  }

  string(): string {
    const length = this.length();
    const { buf, pos } = this;
    const end = pos + length;
    this.pos = end;
    const codes = shortCodes[length];
    if (codes !== undefined) {
      let i = 0;
      while (i < length) {
        const code = buf[pos + i] as number;
        if (code > 127) break;
        codes[i++] = code;
      }
      if (i === length) return String.fromCharCode.apply(String, codes);
    }
    const text = buf.toString("utf8", pos, end);
    // Bytes that are not UTF-8 come out as this character, which may also be there by right.
    if (text.includes("\ufffd") && !isUtf8(buf.subarray(pos, end)))
      throw new Error(`string is not UTF-8 at byte ${pos}`);
    return text;
  }

  /** A copy; of what is owned a view, unless that would keep much more memory alive than it shows. */
  bytes(): Uint8Array {
    const length = this.length();
    const { buf, pos } = this;
    this.pos = pos + length;
    const { buffer, byteOffset } = buf;
    if (this.#owned && buffer.byteLength <= Math.max(pooledBytes, 16 * length))
      return new Uint8Array(buffer, byteOffset + pos, length);
    const bytes = Buffer.allocUnsafe(length);
    bytes.set(buf.subarray(pos, pos + length));
    return new Uint8Array(bytes.buffer, bytes.byteOffset, length);
  }

  /** Passes over the value of a field that nobody asked for. */
  skip(tag: number): void {
    switch (tag & 7) {
      case wire.varint:
        this.varint64();
        return;
      case wire.fixed64:
        this.advance(8);
        return;
      case wire.bytes:
        this.advance(this.length());
        return;
      case wire.startGroup:
        this.#skipGroup(tag);
        return;
      case wire.fixed32:
        this.advance(4);
        return;
      case wire.endGroup:
        throw new Error(`group ends that did not begin at byte ${this.pos}`);
      default:
        throw new Error(`unknown wire type ${tag & 7} at byte ${this.pos}`);
    }
  }

  #skipGroup(start: number): void {
    const end = start - wire.startGroup + wire.endGroup;
    this.enter();
    for (let tag = this.tag(); tag !== end; tag = this.tag()) this.skip(tag);
    this.leave();
  }

  advance(bytes: number): void {
    if (bytes > this.end - this.pos) throw this.truncated();
    this.pos += bytes;
  }

  enter(): void {
    if (++this.depth > maxDepth) throw new Error(`messages nested more than ${maxDepth} deep`);
  }

  leave(): void {
    this.depth--;
  }

  truncated(): Error {
    return new Error(`the message is cut off at byte ${this.pos}`);
  }
}

/** How a value is laid out on the wire, the lower three bits of a tag. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

/** Messages within messages. Other implementations stop at 100 as well; without a limit, input decides about the stack. */
export const maxDepth = 100;

// One array a length, used again and again: for short ASCII this takes half the time of the call into the runtime.
const shortCodes: readonly number[][] = Array.from({ length: 17 }, (_, length) => new Array(length).fill(0));
