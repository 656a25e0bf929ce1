import type { Clock } from "@micro/core";

/** What was answered within a few seconds. */
export interface StatusWindow {
  /** When it began, in seconds since 1970. */
  readonly timestamp: number;
  /** `20x`, `30x`, `40x`, `50x`: how many answers of each class. */
  readonly status_codes: Readonly<Record<string, number>>;
  readonly total_reqs: number;
}

/** Counts answers by class of status, in windows one after the other. */
export interface StatusWindows {
  add(status: number): void;
  /** The last windows, oldest first; the last one is still open. */
  list(): readonly StatusWindow[];
}

const windowMs = 5_000;
const maxWindows = 24;

/** Windows of 5 s, 24 of them at most, without a timer: those in which nothing happened are added when somebody looks. */
export function statusWindows(clock: Clock): StatusWindows {
  const windows = [emptyWindow(clock.now())];

  function current(): MutableWindow {
    let last = windows.at(-1) as MutableWindow;
    const behind = Math.floor((clock.now() - last.beganMs) / windowMs);
    // After a long silence only those that will be kept.
    const from = Math.max(1, behind - maxWindows + 1);
    for (let at = from; at <= behind; at++) windows.push(emptyWindow(last.beganMs + at * windowMs));
    if (windows.length > maxWindows) windows.splice(0, windows.length - maxWindows);
    last = windows.at(-1) as MutableWindow;
    return last;
  }

  return {
    add(status) {
      const window = current();
      const name = `${Math.floor(status / 100)}0x`;
      window.counts.set(name, (window.counts.get(name) ?? 0) + 1);
      window.total++;
    },
    list() {
      current();
      return windows.map(({ beganMs, counts, total }) => ({
        timestamp: Math.floor(beganMs / 1_000),
        status_codes: Object.fromEntries(counts),
        total_reqs: total,
      }));
    },
  };
}

interface MutableWindow {
  readonly beganMs: number;
  readonly counts: Map<string, number>;
  total: number;
}

function emptyWindow(beganMs: number): MutableWindow {
  return { beganMs, counts: new Map(["20x", "30x", "40x", "50x"].map((name) => [name, 0])), total: 0 };
}
