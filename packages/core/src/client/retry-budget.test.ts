import { describe, expect, it } from "vitest";
import { testClock } from "../words/clock.ts";
import { unavailable } from "../words/errors.ts";
import { retryUnprocessed } from "./retry.ts";
import { countCalls, countStreams, type RetryBudget, retryBudget, withRetryBudget } from "./retry-budget.ts";

const plan = { service: "s", endpoint: "A.B" };

async function* messages(...each: string[]): AsyncGenerator<string, void, undefined> {
  yield* each;
}

function takeAll(budget: RetryBudget): number {
  let taken = 0;
  while (taken < 10_000 && budget.take()) taken++;
  return taken;
}

describe("retryBudget", () => {
  it("allows ten retries a second in any ten seconds to a client that calls nobody", async () => {
    const clock = testClock();
    const budget = retryBudget({ clock });
    expect(takeAll(budget)).toBe(100);
    await clock.advance(15_000);
    expect(takeAll(budget)).toBe(100);
  });

  it("allows one more for each five calls", () => {
    const budget = retryBudget({ clock: testClock(), perSecond: 0 });
    for (let i = 0; i < 1_000; i++) budget.called();
    expect(takeAll(budget)).toBe(200);
  });

  it("tells of what it refuses, and of nothing else", () => {
    let refused = 0;
    const budget = retryBudget({ clock: testClock(), perSecond: 1, onRefused: () => refused++ });
    for (let i = 0; i < 13; i++) budget.take();
    expect(refused).toBe(3);
  });

  it("forgets calls of long ago", async () => {
    const clock = testClock();
    const budget = retryBudget({ clock, perSecond: 0, windowMs: 2_000 });
    for (let i = 0; i < 1_000; i++) budget.called();
    await clock.advance(2_000);
    expect(takeAll(budget)).toBe(0);
  });

  it("allows nothing when it is set to nothing", () => {
    expect(retryBudget({ share: 0, perSecond: 0 }).take()).toBe(false);
  });
});

describe("withRetryBudget", () => {
  const refused = unavailable("a", "refused", { unprocessed: true });
  const failed = unavailable("a", "failed", { answered: true });

  it("retries what its rule retries until the budget is spent", () => {
    const rule = withRetryBudget(retryUnprocessed, retryBudget({ share: 0, perSecond: 0.2, clock: testClock() }));
    expect([rule(refused, false), rule(refused, false), rule(refused, false)]).toEqual([true, true, false]);
  });

  it("spends nothing on what its rule does not retry", () => {
    const budget = retryBudget({ share: 0, perSecond: 0.1, clock: testClock() });
    const rule = withRetryBudget(retryUnprocessed, budget);
    expect(rule(failed, true)).toBe(false);
    expect(budget.take()).toBe(true);
  });
});

describe("countCalls and countStreams", () => {
  it("add each call and hand it on", async () => {
    const budget = retryBudget({ share: 1, perSecond: 0, clock: testClock() });
    const call = countCalls(budget)(async (request, options) => ({ request, options }), plan);
    expect(await call("x", { retries: 3 })).toEqual({ request: "x", options: { retries: 3 } });
    const requests = messages("request");
    const replies = messages("reply");
    expect(countStreams(budget)(() => replies, plan)(requests)).toBe(replies);
    expect(takeAll(budget)).toBe(2);
  });
});
