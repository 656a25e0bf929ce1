/** The largest window of HTTP/2. */
export const maxWindow = 0x7fff_ffff;

/** The window that both sides begin with. */
export const defaultWindow = 65_535;

/**
 * What the peer may send, on a stream or on the connection. It is opened again by consuming, and only when half of it
 * is used up, so that an announcement is rare.
 *
 * It grows: a peer that uses half of the window within two round trips was probably waiting for it, so the
 * window is doubled, up to the maximum. The consumer has kept pace by then, so memory is not what this costs.
 */
export class ReceiveWindow {
  /** The size that it is kept at. */
  size: number;
  /** What the peer may still send. */
  left: number;
  private owed = 0;
  private readonly max: number;
  private openedAt = Number.NEGATIVE_INFINITY;

  constructor(left: number, size: number, max: number) {
    this.left = left;
    this.size = size;
    this.max = Math.min(Math.max(size, max), maxWindow);
  }

  /** Counts what arrived; false when it was more than the peer was allowed. */
  take(bytes: number): boolean {
    this.left -= bytes;
    return this.left >= 0;
  }

  /** Counts what was consumed. True when enough is owed to be announced. */
  give(bytes: number): boolean {
    this.owed += bytes;
    return this.owed > 0 && this.owed * 2 >= this.size;
  }

  /** The increment to announce, at the moment `now`. */
  open(now: number, roundTripMs: number): number {
    if (now - this.openedAt < 2 * roundTripMs && this.size < this.max) {
      const size = Math.min(this.size * 2, this.max);
      this.owed += size - this.size;
      this.size = size;
    }
    this.openedAt = now;
    const increment = this.owed;
    this.owed = 0;
    this.left += increment;
    return increment;
  }
}
