import { describe, expect, it } from "vitest";
import { sleep, systemClock, testClock } from "./clock.ts";

describe("testClock", () => {
  it("runs what falls due in order of time, then of asking", async () => {
    const clock = testClock(0);
    const ran: string[] = [];
    clock.after(20, () => ran.push("late"));
    clock.after(10, () => ran.push("early"));
    clock.after(10, () => ran.push("early too"));
    await clock.advance(15);
    expect(ran).toEqual(["early", "early too"]);
    await clock.advance(5);
    expect(ran).toEqual(["early", "early too", "late"]);
    expect(clock.now()).toBe(20);
  });

  it("runs timers that other timers set, at their own moment", async () => {
    const clock = testClock(0);
    const at: number[] = [];
    clock.after(10, () => clock.after(10, () => at.push(clock.now())));
    await clock.advance(100);
    expect(at).toEqual([20]);
  });

  it("forgets what was cancelled", async () => {
    const clock = testClock(0);
    let ran = false;
    clock.after(10, () => (ran = true))();
    await clock.advance(20);
    expect(ran).toBe(false);
  });
});

describe("sleep", () => {
  it("rejects with the signal's reason, before and during the wait", async () => {
    await expect(sleep(systemClock, 60_000, AbortSignal.abort("before"))).rejects.toBe("before");
    const controller = new AbortController();
    const waiting = sleep(systemClock, 60_000, controller.signal);
    controller.abort("during");
    await expect(waiting).rejects.toBe("during");
  });
});
