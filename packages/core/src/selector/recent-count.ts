/** How many calls there were lately, and how many of them failed. */
export interface RecentCount {
  /** Counts from here on belong to this stretch of time; what is two stretches old is forgotten. Stretches are numbered. */
  turn(stretch: number): void;
  add(failed: boolean): void;
  readonly calls: number;
  readonly failures: number;
  clear(): void;
}

/**
 * Counts over the present stretch of time and the one before it, so over one to two stretches: two pairs of numbers,
 * whatever the number of calls.
 */
export function recentCount(): RecentCount {
  let present = Number.NEGATIVE_INFINITY;
  let calls = 0;
  let failures = 0;
  let earlierCalls = 0;
  let earlierFailures = 0;
  return {
    turn(stretch) {
      if (stretch === present) return;
      const adjoins = stretch === present + 1;
      earlierCalls = adjoins ? calls : 0;
      earlierFailures = adjoins ? failures : 0;
      calls = 0;
      failures = 0;
      present = stretch;
    },
    add(failed) {
      calls++;
      if (failed) failures++;
    },
    get calls() {
      return calls + earlierCalls;
    },
    get failures() {
      return failures + earlierFailures;
    },
    clear() {
      calls = failures = earlierCalls = earlierFailures = 0;
    },
  };
}
