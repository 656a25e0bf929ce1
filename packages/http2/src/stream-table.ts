import type { Stream } from "./stream.ts";

// Streams that we reset and whose late frames are expected. A peer has seen the reset a round trip later; this many
// within one is beyond what a connection does, and for those forgotten the benefit of the doubt is kept.
const remembered = 4096;

/** The open streams of a connection, and what must be known of those that are no more. */
export class StreamTable {
  private readonly open = new Map<number, Stream>();
  private readonly reset = new Set<number>();
  private forgottenUpTo = 0;
  /** The highest id that has been used. */
  lastId = 0;

  /** Open streams. */
  get size(): number {
    return this.open.size;
  }

  get(id: number): Stream | undefined {
    return this.open.get(id);
  }

  add(stream: Stream): void {
    this.open.set(stream.id, stream);
    this.lastId = stream.id;
  }

  /** Takes a stream out; with `expectMore` frames that the peer has sent meanwhile are no mistake. */
  remove(id: number, expectMore: boolean): void {
    this.open.delete(id);
    if (expectMore) this.remember(id);
  }

  /** Frames on this stream are to be ignored. */
  remember(id: number): void {
    this.reset.add(id);
    if (this.reset.size <= remembered) return;
    for (const oldest of this.reset) {
      this.reset.delete(oldest);
      this.forgottenUpTo = Math.max(this.forgottenUpTo, oldest);
      break;
    }
  }

  /** True for a stream that was never opened. */
  isIdle(id: number): boolean {
    return id > this.lastId || id % 2 === 0;
  }

  /** True when the peer may have sent on this closed stream before it knew. */
  mayStillReceive(id: number): boolean {
    return id <= this.forgottenUpTo || this.reset.has(id);
  }

  /** The open streams, oldest first; streams may be removed on the way. */
  all(): IterableIterator<Stream> {
    return this.open.values();
  }
}
