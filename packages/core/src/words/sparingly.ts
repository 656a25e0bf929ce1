import type { Clock } from "./clock.ts";

/** Lines about things that may happen thousands of times a second. */
export interface Sparingly {
  /** Says the message at once when nothing of the kind was said lately; else it is counted, and the last one said later. */
  say(kind: string, message: string): void;
  /** Says no more. */
  close(): void;
}

export interface SparinglyOptions {
  readonly clock: Clock;
  readonly write: (message: string) => void;
  /** Time between two lines of one kind, in milliseconds. @default 10000 */
  readonly pauseMs?: number;
}

// So many kinds are told apart at once; of further ones each message counts as one of all the others.
const maxKinds = 1_000;

/**
 * One line a kind and pause. When several came meanwhile the next line is the last of them with how many there were, so that
 * nothing goes unmentioned, but trouble does not fill the disk.
 */
export function sparingly({ clock, write, pauseMs = 10_000 }: SparinglyOptions): Sparingly {
  const kinds = new Map<string, { count: number; last: string; cancel: () => void }>();

  function begin(kind: string): void {
    const cancel = clock.after(pauseMs, () => over(kind), { background: true });
    kinds.set(kind, { count: 0, last: "", cancel });
  }

  function over(kind: string): void {
    const { count, last } = kinds.get(kind) ?? { count: 0, last: "" };
    kinds.delete(kind);
    if (count === 0) return;
    write(count === 1 ? last : `${last} (the last of ${count} like it in ${Math.round(pauseMs / 1_000)} s)`);
    begin(kind);
  }

  return {
    say(kind, message) {
      const of = kinds.has(kind) || kinds.size < maxKinds ? kind : "";
      const known = kinds.get(of);
      if (known) {
        known.count++;
        known.last = message;
        return;
      }
      write(message);
      begin(of);
    },
    close() {
      for (const { cancel } of kinds.values()) cancel();
      kinds.clear();
    },
  };
}
