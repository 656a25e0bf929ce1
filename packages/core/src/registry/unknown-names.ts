import type { Clock } from "../words/clock.ts";

/** Names that were looked up in vain a moment ago. Holds a bounded number and no timer. */
export interface UnknownNames {
  add(name: string): void;
  /** True while the name counts as unknown; after that it must be looked up again. */
  has(name: string): boolean;
  clear(): void;
}

export interface UnknownNamesOptions {
  readonly clock: Clock;
  /** How long a name counts as unknown, in milliseconds. */
  readonly ttlMs: number;
  /** How many names are held; the oldest goes first. */
  readonly max: number;
}

/** An empty set of unknown names. */
export function unknownNames({ clock, ttlMs, max }: UnknownNamesOptions): UnknownNames {
  // In the order they were added, so the first is the oldest.
  const ends = new Map<string, number>();

  return {
    add(name) {
      ends.set(name, clock.now() + ttlMs);
      for (const oldest of ends.keys()) {
        if (ends.size <= max) break;
        ends.delete(oldest);
      }
    },
    has(name) {
      const end = ends.get(name);
      if (end === undefined) return false;
      if (clock.now() < end) return true;
      ends.delete(name);
      return false;
    },
    clear: () => ends.clear(),
  };
}
