const smallSlab = 4096;
const largeSlab = 65_536;
const nothing: Buffer = Buffer.alloc(0);

// Large slabs that no connection needs at the moment. A busy one takes one for a turn of the event loop, so that
// few serve many, and a connection that is idle holds none.
const free: Buffer[] = [];
const mostFree = 16;
const noSlabs: readonly Buffer[] = [];

function giveBack(slab: Buffer): void {
  if (free.length < mostFree) free.push(slab);
}

/**
 * Collects what is to be sent. Frames and small payloads are written one after the other into a slab, so that a turn
 * of the event loop ends in one write; large payloads are kept by reference between the slabs. Slabs grow with what a
 * turn writes.
 */
export class Output {
  /** Where small things are written, at `end`, after `reserve`. */
  buffer: Buffer = nothing;
  end = 0;
  private start = 0;
  /** Whether slabs come back after a turn; only then may they be taken from those that others gave back. */
  private gives = false;
  /** Slabs that are full, and those handed over with the last turn. */
  private full: Buffer[] = [];
  private handedOver: readonly Buffer[] = noSlabs;
  private pieces: Uint8Array[] = [];
  private pieceBytes = 0;

  /** Bytes that wait. */
  get bytes(): number {
    return this.pieceBytes + this.end - this.start;
  }

  /** Makes room for `bytes` at `end`; true when that took a new slab. */
  reserve(bytes: number): boolean {
    if (this.buffer.length - this.end >= bytes) return false;
    const size = this.end === this.start && this.pieces.length === 0 ? smallSlab : this.buffer.length * 2;
    this.seal();
    if (this.gives && this.buffer.length === largeSlab) this.full.push(this.buffer);
    const most = Math.max(bytes, Math.min(size, largeSlab));
    this.buffer = (this.gives && most <= largeSlab && free.pop()) || Buffer.allocUnsafeSlow(most);
    this.start = 0;
    this.end = 0;
    return true;
  }

  /** Adds `payload` without a copy; it must not change until it was sent. */
  append(payload: Uint8Array): void {
    this.seal();
    this.pieces.push(payload);
    this.pieceBytes += payload.length;
  }

  /** Hands over everything that waits, in order; `more` says that another piece follows. */
  flush(write: (piece: Uint8Array, more: boolean) => void): void {
    // Those of the turn before that were not given back are the socket's.
    this.handedOver = this.full;
    if (this.full.length > 0) this.full = [];
    if (this.pieces.length > 0) {
      this.seal();
      const { pieces } = this;
      this.pieces = [];
      this.pieceBytes = 0;
      for (let i = 0; i < pieces.length; i++) write(pieces[i] ?? nothing, i + 1 < pieces.length);
      return;
    }
    if (this.end === this.start) return;
    const piece = this.buffer.subarray(this.start, this.end);
    this.start = this.end;
    write(piece, false);
  }

  /** Begins the slab anew; to be called only when everything handed over so far has been copied elsewhere. */
  recycle(): void {
    this.gives = true;
    if (this.pieces.length > 0 || this.start !== this.end) return;
    this.start = 0;
    this.end = 0;
    for (const slab of this.handedOver) giveBack(slab);
    this.handedOver = noSlabs;
    if (this.buffer.length !== largeSlab) return;
    giveBack(this.buffer);
    this.buffer = nothing;
  }

  private seal(): void {
    if (this.end === this.start) return;
    this.pieces.push(this.buffer.subarray(this.start, this.end));
    this.pieceBytes += this.end - this.start;
    this.start = this.end;
  }
}
