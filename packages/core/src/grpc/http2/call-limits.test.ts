import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { endWatch, ignoreSignal, type LimitedCall, watchDeadline, watchSignal } from "./call-limits.ts";

function callUntil(deadline: number) {
  return { deadline, expire: vi.fn<() => void>(), abort: vi.fn<() => void>() } satisfies LimitedCall;
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

describe("calls with a deadline", () => {
  it("are told of it in the order in which the deadlines pass, whenever they began", async () => {
    const now = Date.now();
    const told: string[] = [];
    const calls = [300, 20, 40].map((ms) => ({ ...callUntil(now + ms), expire: () => void told.push(`after ${ms}`) }));
    for (const call of calls) watchDeadline(call);
    await expect.poll(() => told).toEqual(["after 20", "after 40", "after 300"]);
  });

  it("share one timer, which is no reason for the process to go on when they are over", () => {
    const before = timers();
    const calls = Array.from({ length: 100 }, () => callUntil(Date.now() + 60_000));
    for (const call of calls) watchDeadline(call);
    expect(timers()).toBe(before + 1);
    for (const call of calls) endWatch(call);
    expect(timers()).toBe(before);
    const later = callUntil(Date.now() + 120_000);
    watchDeadline(later);
    expect(timers()).toBe(before + 1);
    endWatch(later);
    expect(timers()).toBe(before);
  });

  it("are told nothing once they are over", async () => {
    const [over, other] = [callUntil(Date.now() + 20), callUntil(Date.now() + 30)];
    watchDeadline(over);
    watchDeadline(other);
    endWatch(over);
    await expect.poll(() => other.expire).toHaveBeenCalledOnce();
    expect(over.expire).not.toHaveBeenCalled();
  });

  it("may be further off than a timer reaches, or have none", () => {
    const before = timers();
    const [far, endless] = [callUntil(Date.now() + 2 ** 40), callUntil(Number.POSITIVE_INFINITY)];
    watchDeadline(endless);
    expect(timers()).toBe(before);
    watchDeadline(far);
    expect(timers()).toBe(before + 1);
    expect(far.expire).not.toHaveBeenCalled();
    endWatch(far);
    endWatch(endless);
  });
});

describe("calls with a signal", () => {
  it("are all told by one listener, but for those that are over", () => {
    const controller = new AbortController();
    const over = callUntil(Number.POSITIVE_INFINITY);
    const calls = [over, callUntil(Number.POSITIVE_INFINITY), callUntil(Number.POSITIVE_INFINITY)];
    for (const call of calls) watchSignal(controller.signal, call);
    ignoreSignal(controller.signal, over);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    controller.abort();
    expect(calls.map(({ abort }) => abort.mock.calls.length)).toEqual([0, 1, 1]);
  });
});
