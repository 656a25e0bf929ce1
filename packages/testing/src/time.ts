import type { Trace } from "./trace.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** Moves a virtual clock while somebody waits for something, and only then. */
export interface Time {
  /** Something waits right now. */
  readonly moves: boolean;
  /**
   * What `work` gives. Until then time goes on to the next thing that is due each time nothing else can happen. Rejects
   * when nothing is due any more, or when `limitMs` of virtual time have passed: the work waits for what never happens.
   */
  drive<T>(what: string, work: () => Promise<T>, limitMs?: number): Promise<T>;
  /** What `real` gives; time stands until then. For what happens outside of the fleet, such as reading a file. */
  hold<T>(real: Promise<T>): Promise<T>;
}

interface Waiter {
  readonly what: string;
  readonly limitMs: number;
  readonly endsAt: number;
  giveUp(reason: unknown): void;
}

// Taken before anybody replaces them.
const { setImmediate } = globalThis;

/** More than this at one moment is something that calls itself without end. */
const longestMoment = 50_000;

export function createTime(clock: VirtualClock, trace: Trace, defaultLimitMs: number): Time {
  const waiters = new Set<Waiter>();
  let held = 0;
  let released: (() => void) | undefined;
  let running = false;

  async function move(): Promise<void> {
    running = true;
    let moment = clock.now();
    let steps = 0;
    for (;;) {
      await idle();
      if (waiters.size === 0) break;
      if (held > 0) {
        await new Promise<void>((resolve) => {
          released = resolve;
        });
        continue;
      }
      const next = clock.nextAt();
      if (next === undefined) giveUp(() => "nothing is left that could happen");
      else {
        giveUp(({ endsAt, limitMs }) => (next > endsAt ? `${limitMs} ms of virtual time have passed` : undefined));
        steps = next === moment ? steps + 1 : 0;
        moment = next;
        if (steps > longestMoment)
          giveUp(() => `${longestMoment} things happened at one moment and there is no end to it`);
      }
      if (waiters.size === 0) break;
      try {
        clock.step();
      } catch (reason) {
        // As an uncaught exception ends a process, so does this end what waits.
        for (const waiter of [...waiters]) waiter.giveUp(reason);
      }
    }
    running = false;
  }

  function giveUp(why: (waiter: Waiter) => string | undefined): void {
    for (const waiter of [...waiters]) {
      const reason = why(waiter);
      if (reason === undefined) continue;
      const hint = "If it waits for something outside of the fleet, wrap that in fleet.hold().";
      const lines = `What happened last:\n${trace.tail(20)}`;
      waiter.giveUp(new Error(`${waiter.what} waits for something that never happens: ${reason}. ${hint}\n${lines}`));
    }
  }

  return {
    get moves() {
      return waiters.size > 0;
    },
    drive<T>(what: string, work: () => Promise<T>, limitMs: number = defaultLimitMs): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        const waiter: Waiter = {
          what,
          limitMs,
          endsAt: clock.now() + limitMs,
          giveUp(reason) {
            waiters.delete(waiter);
            reject(reason);
          },
        };
        waiters.add(waiter);
        const done = (): boolean => waiters.delete(waiter);
        (async () => work())().then(
          (value) => done() && resolve(value),
          (reason: unknown) => done() && reject(reason),
        );
        if (!running) void move();
      });
    },
    async hold(real) {
      held++;
      try {
        return await real;
      } finally {
        if (--held === 0) released?.();
      }
    },
  };
}

/** Resolves when everything has happened that needs no time: one turn of the event loop runs all promise callbacks. */
function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
