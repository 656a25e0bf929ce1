/** How long calls took lately. */
export interface RecentLatency {
  add(ms: number): void;
  /** What the wanted share of calls took at most; undefined until there were enough. */
  readonly quantileMs: number | undefined;
}

/**
 * The latency that `share` of the last 256 calls, in [0, 1], did not exceed; looked at anew after each 64. Exact, and
 * cheaper a call than keeping samples in order.
 */
export function recentLatency(share: number): RecentLatency {
  const samples = new Float64Array(kept);
  let count = 0;
  let quantileMs: number | undefined;
  return {
    get quantileMs() {
      return quantileMs;
    },
    add(ms) {
      samples[count % kept] = ms;
      count++;
      if (count % renewed !== 0) return;
      const sorted = samples.slice(0, Math.min(count, kept)).sort();
      quantileMs = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    },
  };
}

const kept = 256;
const renewed = 64;
