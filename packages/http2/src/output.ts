const slabBytes = 65_536;
const nothing: Uint8Array = new Uint8Array(0);

/**
 * Collects what is to be sent. Frames and small payloads are written one after the other into a slab, so that a turn
 * of the event loop ends in one write; large payloads are kept by reference between the slabs.
 */
export class Output {
  /** Where small things are written, at `end`. */
  buffer: Buffer = Buffer.allocUnsafeSlow(slabBytes);
  end = 0;
  private start = 0;
  private pieces: Uint8Array[] = [];
  private pieceBytes = 0;

  /** Bytes that wait. */
  get bytes(): number {
    return this.pieceBytes + this.end - this.start;
  }

  /** Makes room for `bytes` at `end`; true when that took a new slab. */
  reserve(bytes: number): boolean {
    if (this.buffer.length - this.end >= bytes) return false;
    this.seal();
    this.buffer = Buffer.allocUnsafeSlow(Math.max(slabBytes, bytes));
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
    if (this.pieces.length > 0 || this.start !== this.end) return;
    this.start = 0;
    this.end = 0;
  }

  private seal(): void {
    if (this.end === this.start) return;
    this.pieces.push(this.buffer.subarray(this.start, this.end));
    this.pieceBytes += this.end - this.start;
    this.start = this.end;
  }
}
