import type { Clock } from "@micro/core";

/** So many requests in so much time, and so many at once. */
export interface Rate {
  readonly requests: number;
  readonly perMs: number;
  /** How many may come at once after a silence. @default requests */
  readonly burst?: number;
}

/** A bucket of tokens for each key: a request takes one, and they grow back evenly. */
export interface TokenBuckets {
  /** Takes a token: 0, or how many milliseconds to wait for the next one. */
  take(key: string): number;
  readonly size: number;
}

/**
 * Buckets for `maxKeys` keys at most; beyond that the one unused for longest is forgotten, which is to say full again.
 * No timers: a bucket is filled up when it is asked.
 */
export function tokenBuckets({ requests, perMs, burst = requests }: Rate, maxKeys: number, clock: Clock): TokenBuckets {
  // A Map keeps the order of insertion; each use puts its key behind all others.
  const buckets = new Map<string, { tokens: number; at: number }>();
  const perToken = perMs / requests;
  return {
    take(key) {
      const now = clock.now();
      const bucket = buckets.get(key) ?? { tokens: burst, at: now };
      buckets.delete(key);
      buckets.set(key, bucket);
      if (buckets.size > maxKeys) for (const [oldest] of buckets) if (buckets.delete(oldest)) break;
      // A clock that was set back gives nothing and takes nothing.
      bucket.tokens = Math.min(burst, bucket.tokens + Math.max(0, now - bucket.at) / perToken);
      bucket.at = now;
      if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) * perToken));
      bucket.tokens--;
      return 0;
    },
    get size() {
      return buckets.size;
    },
  };
}
