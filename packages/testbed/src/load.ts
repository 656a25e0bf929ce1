/** What became of the calls of a load. */
export interface Tally {
  made: number;
  /** Calls that were rejected, with the first few reasons. */
  failed: number;
  readonly reasons: string[];
}

export interface Load {
  readonly tally: Tally;
  /** Resolves when so many further calls have been begun: time told by the work done in it. */
  madeMore(calls: number): Promise<void>;
  /** Begins no more calls, waits for the last answers and gives the tally. */
  stop(): Promise<Tally>;
}

export interface LoadOptions {
  perSecond: number;
  /** How many different reasons are kept. @default 10 */
  keptReasons?: number;
}

/**
 * Makes calls `perSecond` times a second, however long each takes, until it is stopped. `call` gets the number of the
 * call, from 0, and rejects when the answer is not the right one.
 */
export function startLoad(call: (number: number) => Promise<void>, { perSecond, keptReasons = 10 }: LoadOptions): Load {
  const tally: Tally = { made: 0, failed: 0, reasons: [] };
  const pending = new Set<Promise<void>>();
  const began = performance.now();

  async function make(number: number): Promise<void> {
    try {
      await call(number);
    } catch (reason) {
      tally.failed++;
      const text = reason instanceof Error ? reason.message : String(reason);
      if (tally.reasons.length < keptReasons && !tally.reasons.includes(text)) tally.reasons.push(text);
    }
  }

  function tick(): void {
    // By the clock and not by ticks, so that a late timer is made up for.
    const due = Math.floor(((performance.now() - began) * perSecond) / 1000);
    while (tally.made < due) {
      const one = make(tally.made++).finally(() => pending.delete(one));
      pending.add(one);
    }
  }

  const timer = setInterval(tick, 5);
  return {
    tally,
    async madeMore(calls) {
      const target = tally.made + calls;
      while (tally.made < target) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(pending);
      return tally;
    },
  };
}
