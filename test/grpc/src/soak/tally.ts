import { MicroError } from "@micro/core";

/** What happened to the calls of one kind. */
export interface Count {
  right: number;
  /** Failed in a way that was provoked. */
  provoked: number;
}

/** Keeps count of all calls. What must not happen is kept with its words. */
export class Tally {
  readonly counts: Record<string, Count> = {};
  /** Replies that belong to another request or to none. */
  readonly wrong: Record<string, number> = {};
  readonly unexpected: Record<string, number> = {};

  /** Counts one call: right when `call` gives true, wrong when false, and otherwise failed with one of `codes`, or unexpectedly. */
  async count(kind: string, codes: readonly number[], call: () => Promise<boolean>): Promise<void> {
    this.counts[kind] ??= { right: 0, provoked: 0 };
    const count = this.counts[kind];
    try {
      if (await call()) count.right++;
      else this.wrong[kind] = (this.wrong[kind] ?? 0) + 1;
    } catch (reason) {
      if (reason instanceof MicroError && codes.includes(reason.code)) count.provoked++;
      else this.surprise(kind, reason);
    }
  }

  surprise(kind: string, reason: unknown): void {
    const text = `${kind}: ${reason instanceof Error ? reason.message : String(reason)}`.replace(/:\d{5}\b/g, ":port");
    this.unexpected[text] = (this.unexpected[text] ?? 0) + 1;
  }
}
