export interface Backoff {
  /** The longest first pause, in milliseconds. */
  baseMs: number;
  /** What no pause exceeds, in milliseconds. */
  maxMs: number;
}

/**
 * Milliseconds to wait before retry number `retry`, counted from 1.
 *
 * Doubles from `baseMs` up to `maxMs`, then takes between half and all of that, so that callers which failed
 * together do not come back together. `random` gives a number in [0, 1); tests pass their own.
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("equal jitter").
 */
export function backoffMs(retry: number, { baseMs, maxMs }: Backoff, random: () => number = Math.random): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** (retry - 1));
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}

/**
 * go-micro's pause before attempt `attempt`, counted from 0: ⌊attemptᵉ⌋ × 100 ms, two minutes beyond 13.
 * Source: go-micro v2.9.1 `util/backoff/backoff.go`.
 */
export function goMicroBackoffMs(attempt: number): number {
  return attempt > 13 ? 120_000 : Math.floor(attempt ** Math.E) * 100;
}
