import { describe, expect, it } from "vitest";
import { type TestClock, testClock } from "../words/clock.ts";
import { MicroError } from "../words/errors.ts";
import { type Lane, lane, type Outcome } from "./lane.ts";

const never = (): AbortSignal => new AbortController().signal;

function open({ clock = testClock(), maxWaiting = 4 }: { clock?: TestClock; maxWaiting?: number } = {}) {
  const lost: string[] = [];
  const log: string[] = [];
  let idle = 0;
  const own: Lane<string> = lane<string>({
    name: "queue q",
    maxWaiting,
    retryMs: 60_000,
    clock,
    onLost: (error, items) => lost.push(`${items.join()}: ${error.detail}`),
    onTrouble: (id, why) => log.push(`trouble ${id} ${why}`),
    onDeserted: () => log.push("deserted"),
    onIdle: () => idle++,
  });
  return { own, lost, log, clock, idleCount: () => idle };
}

/** A member whose deliveries the test ends one by one. */
function member(id: string, slots = 1) {
  const got: string[] = [];
  const ends: ((outcome: Outcome) => void)[] = [];
  const deliver = (item: string): Promise<Outcome> => {
    got.push(item);
    return new Promise((resolve) => ends.push(resolve));
  };
  return { member: { id, slots, deliver }, got, end: (outcome: Outcome) => ends.shift()?.(outcome) };
}

describe("a lane", () => {
  it("hands items out in order, each to the least busy, in turn among equals", async () => {
    const { own, clock } = open({ maxWaiting: 10 });
    const [a, b] = [member("a", 2), member("b", 2)];
    own.add(a.member);
    own.add(b.member);
    for (const item of ["1", "2", "3", "4", "5"]) void own.put(item, never);
    expect([a.got, b.got]).toEqual([
      ["1", "3"],
      ["2", "4"],
    ]);
    b.end("taken");
    await clock.advance(0);
    expect(b.got).toEqual(["2", "4", "5"]);
  });

  it("keeps putters waiting, in order, while it is full, and lets them in as room comes", async () => {
    const { own, clock, idleCount } = open({ maxWaiting: 1 });
    const a = member("a");
    own.add(a.member);
    const done: string[] = [];
    for (const item of ["1", "2", "3", "4"]) void (async () => own.put(item, never))().then(() => done.push(item));
    await clock.advance(0);
    expect(done).toEqual(["1", "2"]);
    for (const expected of [
      ["1", "2", "3"],
      ["1", "2", "3", "4"],
    ]) {
      a.end("taken");
      await clock.advance(0);
      expect(done).toEqual(expected);
    }
    expect(idleCount()).toBe(0);
    a.end("taken");
    await clock.advance(0);
    a.end("taken");
    await clock.advance(0);
    expect([a.got, own.idle, idleCount()]).toEqual([["1", "2", "3", "4"], true, 1]);
  });

  it("forgets a putter that gives up", async () => {
    const { own, clock } = open({ maxWaiting: 1 });
    const a = member("a");
    own.add(a.member);
    void own.put("1", never);
    void own.put("2", never);
    const stop = new AbortController();
    const third = own.put("3", () => stop.signal);
    stop.abort(new Error("enough"));
    await expect(third).rejects.toThrow("enough");
    a.end("taken");
    await clock.advance(0);
    a.end("taken");
    await clock.advance(0);
    expect(a.got).toEqual(["1", "2"]);
  });

  it("delivers a refused item again after a growing pause, others first, and gives it up in the end", async () => {
    const { own, lost, clock } = open();
    const a = member("a");
    own.add(a.member);
    void own.put("bad", never);
    void own.put("good", never);
    a.end("refused");
    await clock.advance(0);
    expect(a.got).toEqual(["bad", "good"]);
    a.end("taken");
    await clock.advance(100);
    expect(a.got).toEqual(["bad", "good", "bad"]);
    for (let ms = 0; ms < 120_000; ms += 100) {
      a.end("refused");
      await clock.advance(100);
    }
    expect(lost).toEqual([expect.stringMatching(/^bad: queue q did not acknowledge the message in \d+ attempts$/)]);
    expect(own.idle).toBe(true);
  });

  it("leaves a member that cannot be reached alone for a growing time, and keeps the order", async () => {
    const { own, log, clock } = open();
    const a = member("a");
    own.add(a.member);
    void own.put("1", never);
    void own.put("2", never);
    a.end({ unreachable: "refused" });
    await clock.advance(0);
    expect(a.got).toEqual(["1"]);
    await clock.advance(100);
    a.end({ unreachable: "refused" });
    await clock.advance(99);
    expect(a.got).toEqual(["1", "1"]);
    await clock.advance(101);
    a.end("taken");
    await clock.advance(0);
    expect(a.got).toEqual(["1", "1", "1", "2"]);
    expect(log).toEqual(["trouble a refused"]);
  });

  it("gives up what waits when nobody could be reached for long, and holds no putter up meanwhile", async () => {
    const { own, lost, clock } = open({ maxWaiting: 2 });
    const a = member("a");
    own.add(a.member);
    for (const item of ["1", "2", "3"]) void own.put(item, never);
    const fourth = own.put("4", never);
    a.end({ unreachable: "refused" });
    await fourth;
    expect(own.put("5", never)).toBeUndefined();
    expect(lost.map((text) => text.slice(0, 1))).toEqual(["4", "5"]);
    for (let ms = 0; ms < 70_000; ms += 1_000) {
      a.end({ unreachable: "refused" });
      await clock.advance(1_000);
    }
    expect(lost.at(-1)).toBe("1,2,3: queue q could not be reached for 60000 ms: refused");
  });

  it("holds items for members to come, as long as it holds any", async () => {
    const { own, lost, log, clock } = open();
    const [a, b] = [member("a"), member("b")];
    own.add(a.member);
    void own.put("1", never);
    void own.put("2", never);
    a.end("gone");
    await clock.advance(59_000);
    own.add(b.member);
    expect(b.got).toEqual(["1"]);
    own.remove("b");
    b.end("taken");
    await clock.advance(60_000);
    expect(lost).toEqual(["2: queue q had no subscriber for 60000 ms"]);
    expect(log).toEqual(["deserted", "deserted"]);
  });

  it("reports an item that a member rejects, and goes on", async () => {
    const { own, lost, clock } = open();
    const a = member("a");
    own.add(a.member);
    void own.put("1", never);
    void own.put("2", never);
    a.end(new MicroError("test", 500, "no"));
    await clock.advance(0);
    expect([lost, a.got]).toEqual([["1: no"], ["1", "2"]]);
  });

  it("says what is lost when it ends with an error, and nothing without", async () => {
    for (const [error, expected] of [
      [new MicroError("test", 503, "closed"), ["2,3: closed", "4: closed", "1: closed"]],
      [undefined, []],
    ] as const) {
      const { own, lost, clock } = open({ maxWaiting: 2 });
      const a = member("a");
      own.add(a.member);
      for (const item of ["1", "2", "3", "4"]) void own.put(item, never);
      own.end(error);
      a.end("refused");
      await clock.advance(100_000);
      expect(lost).toEqual(expected);
      expect(a.got).toEqual(["1"]);
    }
  });
});
