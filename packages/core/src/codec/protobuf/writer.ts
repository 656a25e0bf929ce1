/**
 * Writes the protobuf wire format into one buffer that grows and is kept.
 *
 * A message within a message is written in place and its length put in front afterwards, so that no value is looked
 * at twice. Writing is a stack: whoever starts at `pos` takes his bytes from there and puts `pos` back, and so a
 * getter that encodes another message in the middle of one does no harm.
 */
export class Writer {
  buf: Buffer = Buffer.allocUnsafeSlow(initialBytes);
  view: DataView = new DataView(this.buf.buffer);
  pos = 0;
  /** Messages open at the moment, one within the other. */
  depth = 0;

  /** Makes room for `bytes` more. Every write below asks for its own. */
  ensure(bytes: number): void {
    if (this.pos + bytes > this.buf.length) this.#grow(this.pos + bytes);
  }

  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(bytes, this.buf.length * 2));
    grown.set(this.buf.subarray(0, this.pos));
    this.#use(grown);
  }

  #use(buffer: Buffer): void {
    this.buf = buffer;
    this.view = new DataView(buffer.buffer);
  }

  /** A copy of what was written since `start`; the writer is back at `start`. */
  take(start: number): Buffer {
    const bytes = encodedBytes(this.pos - start);
    bytes.set(this.buf.subarray(start, this.pos));
    this.rewind(start);
    return bytes;
  }

  /** Forgets what was written since `start`, and the memory that one large message left behind. */
  rewind(start: number): void {
    this.pos = start;
    if (start === 0 && this.buf.length > keptBytes) this.#use(Buffer.allocUnsafeSlow(initialBytes));
  }

  /** A varint of 32 bits, unsigned. */
  uint32(value: number): void {
    this.ensure(5);
    const { buf } = this;
    let { pos } = this;
    while (value > 127) {
      buf[pos++] = (value & 127) | 128;
      value >>>= 7;
    }
    buf[pos++] = value;
    this.pos = pos;
  }

  /** A varint of 64 bits from its two halves. */
  varint64(low: number, high: number): void {
    this.ensure(10);
    const { buf } = this;
    let { pos } = this;
    let lo = low >>> 0;
    let hi = high >>> 0;
    while (hi !== 0) {
      buf[pos++] = (lo & 127) | 128;
      lo = ((lo >>> 7) | (hi << 25)) >>> 0;
      hi >>>= 7;
    }
    while (lo > 127) {
      buf[pos++] = (lo & 127) | 128;
      lo >>>= 7;
    }
    buf[pos++] = lo;
    this.pos = pos;
  }

  byte(value: number): void {
    this.ensure(1);
    this.buf[this.pos++] = value;
  }

  fixed32(value: number): void {
    this.ensure(4);
    this.view.setUint32(this.pos, value, true);
    this.pos += 4;
  }

  fixed64(low: number, high: number): void {
    this.fixed32(low);
    this.fixed32(high);
  }

  float(value: number): void {
    this.ensure(4);
    this.view.setFloat32(this.pos, value, true);
    this.pos += 4;
  }

  double(value: number): void {
    this.ensure(8);
    this.view.setFloat64(this.pos, value, true);
    this.pos += 8;
  }

  /** Length and bytes. */
  bytes(value: Uint8Array): void {
    this.uint32(value.length);
    this.ensure(value.length);
    this.buf.set(value, this.pos);
    this.pos += value.length;
  }

  /** Length and UTF-8. False, with nothing of use written, when the string holds half of a surrogate pair. */
  string(value: string): boolean {
    const { length } = value;
    if (length > shortString) return this.#longString(value);
    this.ensure(length + 1);
    const { buf } = this;
    const start = this.pos;
    let pos = start + 1;
    for (let i = 0; i < length; i++) {
      const char = value.charCodeAt(i);
      if (char > 127) return this.#longString(value);
      buf[pos++] = char;
    }
    buf[start] = length;
    this.pos = pos;
    return true;
  }

  #longString(value: string): boolean {
    const length = Buffer.byteLength(value);
    if (length !== value.length && halfPair.test(value)) return false;
    this.uint32(length);
    this.ensure(length);
    this.buf.write(value, this.pos, length);
    this.pos += length;
    return true;
  }

  /** Leaves room for a short length and says where what follows begins. */
  open(): number {
    this.ensure(1);
    return ++this.pos;
  }

  /** Puts the length of what was written since `start = open()` in front of it. */
  close(start: number): void {
    const length = this.pos - start;
    if (length < 128) {
      this.buf[start - 1] = length;
      return;
    }
    const more = length < 1 << 14 ? 1 : length < 1 << 21 ? 2 : length < 1 << 28 ? 3 : 4;
    this.ensure(more);
    this.buf.copyWithin(start + more, start, this.pos);
    this.pos = start - 1;
    this.uint32(length);
    this.pos += length;
  }
}

const initialBytes = 8 * 1024;
// More than most messages need; what a single large one made stays no longer than that message.
const keptBytes = 256 * 1024;
// Below this a loop beats the call into the runtime; measured on Node 20.
const shortString = 40;
const halfPair = /\p{Surrogate}/u;

// Messages that were encoded are on their way out, so that some may share a slab: an allocation for each costs more than
// what is written into it. Whoever keeps one keeps this much alive.
const slabBytes = 16 * 1024;
let slab = Buffer.alloc(0);
let slabEnd = 0;

function encodedBytes(length: number): Buffer {
  if (length > slabBytes / 4) return Buffer.allocUnsafeSlow(length);
  if (length > slab.length - slabEnd) {
    slab = Buffer.allocUnsafeSlow(slabBytes);
    slabEnd = 0;
  }
  const start = slabEnd;
  slabEnd += length;
  return slab.subarray(start, slabEnd);
}
