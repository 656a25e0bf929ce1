/** Where all waiting comes from, so that a test turns time by hand. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `action` once after `ms` milliseconds; the answer cancels it. Keeps the process alive unless `background`. */
  after(ms: number, action: () => void, options?: { background?: boolean }): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, action, options) {
    const timer = setTimeout(action, ms);
    if (options?.background) timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Waits `ms` milliseconds. Rejects with the signal's reason when it is aborted first. */
export function sleep(
  clock: Clock,
  ms: number,
  signal?: AbortSignal,
  options?: { background?: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(
      ms,
      () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      },
      options,
    );
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

export interface TestClock extends Clock {
  /** Moves time forward, running what falls due in order, and lets promises settle after each. */
  advance(ms: number): Promise<void>;
}

/** A clock that stands still until it is advanced. */
export function testClock(startMs = 1_600_000_000_000): TestClock {
  let now = startMs;
  let order = 0;
  const due = new Map<number, { at: number; action: () => void }>();
  return {
    now: () => now,
    after(ms, action) {
      const id = order++;
      due.set(id, { at: now + Math.max(0, ms), action });
      return () => due.delete(id);
    },
    async advance(ms) {
      const end = now + ms;
      await settled();
      for (;;) {
        const next = [...due].filter(([, timer]) => timer.at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
        if (!next) break;
        due.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].action();
        await settled();
      }
      now = end;
      await settled();
    },
  };
}

// One turn of the event loop runs every promise callback that is ready, however deep their chain.
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
