import type { Clock } from "@micro/core";

/** A clock that stands still until it is told to go on to what is due next. */
export interface VirtualClock extends Clock {
  /** Milliseconds since it was made. */
  readonly elapsedMs: number;
  /** When the next thing is due, as `now` counts; undefined when nothing is. */
  nextAt(): number | undefined;
  /** Moves to what is due next and does it. What is due at one moment is done in the order in which it was asked for. */
  step(): void;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  action: (() => void) | undefined;
}

/** A clock that begins on 13 September 2020, so that no test meets today's date. */
export function virtualClock(startMs = 1_600_000_000_000): VirtualClock {
  const heap: Timer[] = [];
  let now = startMs;
  let order = 0;

  function before(a: Timer, b: Timer): boolean {
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  function add(timer: Timer): void {
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (!parent || before(parent, timer)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = timer;
  }

  function removeFirst(): void {
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      const left = heap[below];
      const right = heap[below + 1];
      if (!left) break;
      if (right && before(right, left)) below++;
      const child = right && before(right, left) ? right : left;
      if (before(last, child)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
  }

  function first(): Timer | undefined {
    while (heap[0] && !heap[0].action) removeFirst();
    return heap[0];
  }

  return {
    now: () => now,
    get elapsedMs() {
      return now - startMs;
    },
    after(ms, action) {
      const timer: Timer = { at: now + Math.max(0, ms), order: order++, action };
      add(timer);
      return () => {
        timer.action = undefined;
      };
    },
    nextAt: () => first()?.at,
    step() {
      const timer = first();
      if (!timer) return;
      removeFirst();
      now = timer.at;
      timer.action?.();
    },
  };
}
