import type { Clock } from "@micro/core";
import type { Random } from "./random.ts";

/**
 * Puts the fleet's time and chance in the place of `Date`, `setTimeout`, `setInterval` and `Math.random`, for code that
 * knows no other. The answer puts the old ones back. `clockNow` is asked each time, since it depends on who calls.
 */
export function replaceGlobals(clockNow: () => Clock, random: Random): () => void {
  const { Date: RealDate, setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const realRandom = Math.random;
  const timers = new WeakSet<object>();

  const now = (): number => clockNow().now();

  // A class that stands for another must answer as it does, also for dates made before.
  const FleetDate = new Proxy(RealDate, {
    construct: (target, given: unknown[], newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver) =>
      key === "now" ? now : Reflect.get(target, key, receiver === FleetDate ? target : receiver),
  });

  function timer(action: (...args: unknown[]) => void, ms: number, repeats: boolean, args: unknown[]): NodeJS.Timeout {
    const clock = clockNow();
    let stop: () => void = () => undefined;
    const delay = Number.isFinite(ms) ? Math.max(1, Math.trunc(ms)) : 1;
    const arm = (): void => {
      stop = clock.after(delay, () => {
        if (repeats) arm();
        action(...args);
      });
    };
    const handle = {
      ref: () => handle,
      unref: () => handle,
      hasRef: () => true,
      refresh() {
        stop();
        arm();
        return handle;
      },
      close() {
        stop();
        return handle;
      },
      [Symbol.toPrimitive]: () => 0,
      [Symbol.dispose]: () => stop(),
    };
    timers.add(handle);
    arm();
    return handle as unknown as NodeJS.Timeout;
  }

  function clearWith(real: (handle: NodeJS.Timeout | undefined) => void) {
    return (handle: NodeJS.Timeout | undefined): void => {
      if (typeof handle === "object" && timers.has(handle)) handle.close();
      else real(handle);
    };
  }

  Object.assign(globalThis, {
    Date: FleetDate,
    setTimeout: (action: () => void, ms = 1, ...args: unknown[]) => timer(action, ms, false, args),
    setInterval: (action: () => void, ms = 1, ...args: unknown[]) => timer(action, ms, true, args),
    clearTimeout: clearWith(clearTimeout),
    clearInterval: clearWith(clearInterval),
  });
  Math.random = random.next;
  return () => {
    Object.assign(globalThis, { Date: RealDate, setTimeout, clearTimeout, setInterval, clearInterval });
    Math.random = realRandom;
  };
}
