import type { Rate } from "./limits.ts";

/** Counts something that is fine now and then and hostile in masses: a token bucket. */
export class Allowance {
  private readonly rate: Rate;
  private readonly now: () => number;
  private left: number;
  private filledAt: number;

  /** `now` gives milliseconds. */
  constructor(rate: Rate, now: () => number) {
    this.rate = rate;
    this.now = now;
    this.left = rate.burst;
    this.filledAt = now();
  }

  /** Counts one; false when it was one too many. */
  spend(): boolean {
    if (this.left < 1) this.refill();
    if (this.left < 1) return false;
    this.left--;
    return true;
  }

  // The clock is asked only when the bucket is empty, which in good company is never.
  private refill(): void {
    const now = this.now();
    const { burst, perSecond } = this.rate;
    this.left = Math.min(burst, this.left + ((now - this.filledAt) / 1000) * perSecond);
    this.filledAt = now;
  }
}
