/** A message of a gRPC body, as it came. `bytes` of the body were spent on it and not released yet. */
export type OnMessage = (message: Buffer, compressed: boolean, bytes: number) => void;

/** A peer sent a message of more bytes than are taken. */
export class MessageTooLarge extends Error {
  override readonly name = "MessageTooLarge";

  /** `bytes` is undefined where the message was compressed and nobody knows how large it would have become. */
  constructor(bytes: number | undefined, maxBytes: number) {
    const size = bytes === undefined ? "a compressed message that has" : `a message of ${bytes} bytes,`;
    super(`received ${size} more than the ${maxBytes} that are taken`);
  }
}

const prefixBytes = 5;
// Well below the smallest window.
const largeBytes = 64 * 1024;

/**
 * Cuts a gRPC body into messages: one byte that says whether it is compressed, four of length, the message. Where chunks
 * are `borrowed`, nothing of them is kept, and messages that came in one piece share one copy; else messages are views.
 */
export class MessageReader {
  readonly #maxBytes: number;
  readonly #borrowed: boolean;
  readonly #onMessage: OnMessage;
  // The prefix or message that the last chunk ended in the middle of.
  #pending: Buffer | undefined;
  #filled = 0;
  #compressed = false;
  #inPrefix = false;
  /** Bytes taken since the last message and not released. */
  #held = 0;

  constructor(maxBytes: number, borrowed: boolean, onMessage: OnMessage) {
    this.#maxBytes = maxBytes;
    this.#borrowed = borrowed;
    this.#onMessage = onMessage;
  }

  /** Whether the body may end here. */
  get complete(): boolean {
    return this.#pending === undefined;
  }

  /**
   * How many bytes of an unfinished message may be given back to the peer's window, which has to happen before a
   * message larger than the window can be whole. 0 for small ones, which are given back when they are read.
   */
  releasable(): number {
    if (!this.#pending || this.#pending.length < largeBytes) return 0;
    const bytes = this.#held;
    this.#held = 0;
    return bytes;
  }

  /** Takes `chunk` from `start` to `end`. Throws a `MessageTooLarge`; nothing more may be pushed then. */
  push(chunk: Buffer, start: number, end: number): void {
    let bytes = chunk;
    let at = start;
    let last = end;
    while (at < last) {
      if (this.#pending) at = this.#fill(this.#pending, bytes, at, last);
      else if (last - at < prefixBytes) at = this.#await(Buffer.allocUnsafe(prefixBytes), true, bytes, at, last);
      else {
        const length = this.#lengthAt(bytes, at);
        if (last - at - prefixBytes < length) {
          this.#held += prefixBytes;
          at = this.#await(Buffer.allocUnsafe(length), false, bytes, at + prefixBytes, last);
        } else {
          if (this.#borrowed && bytes === chunk) {
            bytes = copyOf(chunk, at, end);
            at = 0;
            last = bytes.length;
          }
          const body = at + prefixBytes;
          at = body + length;
          this.#held += length + prefixBytes;
          this.#complete(bytes.subarray(body, at));
        }
      }
    }
  }

  #lengthAt(chunk: Buffer, at: number): number {
    this.#compressed = chunk[at] !== 0;
    const length = chunk.readUInt32BE(at + 1);
    if (length > this.#maxBytes) throw new MessageTooLarge(length, this.#maxBytes);
    return length;
  }

  #await(pending: Buffer, inPrefix: boolean, chunk: Buffer, at: number, end: number): number {
    this.#pending = pending;
    this.#inPrefix = inPrefix;
    this.#filled = 0;
    return this.#fill(pending, chunk, at, end);
  }

  #fill(pending: Buffer, chunk: Buffer, at: number, end: number): number {
    const taken = Math.min(pending.length - this.#filled, end - at);
    chunk.copy(pending, this.#filled, at, at + taken);
    this.#filled += taken;
    this.#held += taken;
    if (this.#filled < pending.length) return at + taken;
    this.#pending = undefined;
    if (!this.#inPrefix) this.#complete(pending);
    else {
      const length = this.#lengthAt(pending, 0);
      if (length > 0) this.#await(Buffer.allocUnsafe(length), false, chunk, at + taken, at + taken);
      else this.#complete(pending.subarray(prefixBytes));
    }
    return at + taken;
  }

  #complete(message: Buffer): void {
    const bytes = this.#held;
    this.#held = 0;
    this.#onMessage(message, this.#compressed, bytes);
  }
}

function copyOf(chunk: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  // A loop beats the call of a native copy on a few bytes.
  if (copy.length <= 64) for (let i = 0; i < copy.length; i++) copy[i] = chunk[start + i] as number;
  else chunk.copy(copy, 0, start, end);
  return copy;
}
