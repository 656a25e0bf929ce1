import { readUint32, writeUint32 } from "./frames/frame.ts";

// Beyond this our own pings are not worth remembering: nobody waits for so many.
const maxOutstanding = 1000;

/** The pings that the peer has not answered yet. */
export class PingLedger {
  /** The shortest round trip seen, in milliseconds; 0 while none is known. */
  roundTripMs = 0;
  private readonly now: () => number;
  private readonly outstanding = new Map<number, { sentAt: number; answered: (() => void) | undefined }>();
  private last = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  /** The payload of a new ping. */
  next(answered: (() => void) | undefined): Buffer {
    const payload = Buffer.alloc(8);
    if (this.outstanding.size < maxOutstanding) {
      this.last = (this.last + 1) >>> 0;
      this.outstanding.set(this.last, { sentAt: this.now(), answered });
      writeUint32(payload, 4, this.last);
    }
    return payload;
  }

  /** Takes an answer; one to no ping of ours is ignored. */
  answer(from: Buffer, at: number): void {
    const number = readUint32(from, at + 4);
    const ping = readUint32(from, at) === 0 ? this.outstanding.get(number) : undefined;
    if (!ping) return;
    this.outstanding.delete(number);
    this.sample(ping.sentAt);
    ping.answered?.();
  }

  /** Counts a round trip that began at `sentAt`. */
  sample(sentAt: number): void {
    const ms = this.now() - sentAt;
    if (this.roundTripMs === 0 || ms < this.roundTripMs) this.roundTripMs = ms;
  }
}
