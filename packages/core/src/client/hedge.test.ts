import { describe, expect, it } from "vitest";
import { testClock } from "../words/clock.ts";
import { cancelled, MicroError, timeout, unavailable } from "../words/errors.ts";
import type { CallOptions } from "./client.ts";
import { type HedgeOptions, hedge } from "./hedge.ts";
import { retryBudget } from "./retry-budget.ts";

/** A hedged call over attempts that are answered by hand. */
function setUp(options: HedgeOptions = {}, idempotent = true) {
  const clock = testClock();
  const attempts: Attempt[] = [];
  const next = (_request: unknown, given: CallOptions = {}) =>
    new Promise<unknown>((resolve, reject) => {
      attempts.push({ options: given, resolve, reject });
      const abort = (): void => reject(cancelled("go.micro.client", "call cancelled"));
      if (given.signal?.aborted) abort();
      given.signal?.addEventListener("abort", abort);
    });
  const plan = { service: "s", endpoint: "A.B", idempotent };
  return { clock, attempts, call: hedge({ clock, delayMs: 100, ...options })(next, plan) };
}

interface Attempt {
  readonly options: CallOptions;
  resolve(reply: unknown): void;
  reject(reason: unknown): void;
}

const dropped = unavailable("go.micro.client", "connection dropped");

describe("hedge", () => {
  it("asks once when the answer comes in time", async () => {
    const { clock, attempts, call } = setUp();
    const reply = call("x");
    await clock.advance(99);
    attempts[0]?.resolve("first");
    expect(await reply).toBe("first");
    await clock.advance(1_000);
    expect(attempts).toHaveLength(1);
  });

  it("asks a second time, elsewhere and once only, takes the first answer and gives up the other call", async () => {
    const { clock, attempts, call } = setUp();
    const reply = call("x", { timeoutMs: 700, retries: 3 });
    await clock.advance(1_000);
    expect(attempts).toHaveLength(2);
    const [first, second] = attempts;
    expect(second?.options).toMatchObject({ timeoutMs: 700, retries: 0 });
    expect(first?.options.retries).toBe(3);
    expect(second?.options.apart).toBe(first?.options.apart);
    second?.resolve("second");
    expect(await reply).toBe("second");
    expect([first?.options.signal?.aborted, second?.options.signal?.aborted]).toEqual([true, false]);
    expect(first?.options.signal?.reason).toMatchObject({ code: 408, detail: "another node answered first" });
  });

  it("takes the answer of the first call when it comes after all", async () => {
    const { clock, attempts, call } = setUp();
    const reply = call("x");
    await clock.advance(100);
    attempts[0]?.resolve("first");
    expect(await reply).toBe("first");
    expect(attempts[1]?.options.signal?.aborted).toBe(true);
  });

  it.each<[string, boolean, CallOptions]>([
    ["endpoints that are not idempotent", false, {}],
    ["calls that say they are not", true, { idempotent: false }],
    ["calls to a named address", true, { address: "a:1" }],
  ])("leaves %s alone", async (_name, idempotent, options) => {
    const { clock, attempts, call } = setUp({}, idempotent);
    const reply = call("x", options);
    await clock.advance(1_000);
    expect(attempts).toHaveLength(1);
    expect(attempts[0]?.options).toBe(options);
    attempts[0]?.resolve("x");
    await reply;
  });

  it("takes calls that say they are idempotent", async () => {
    const { clock, attempts, call } = setUp({}, false);
    const reply = call("x", { idempotent: true });
    await clock.advance(100);
    expect(attempts).toHaveLength(2);
    attempts[1]?.resolve("x");
    await reply;
  });

  it.each([0, 1])("takes an error that call %i was answered with for an answer", async (which) => {
    const { clock, attempts, call } = setUp();
    const reply = call("x");
    await clock.advance(100);
    const answer = new MicroError("s", 404, "no such user", { answered: true });
    attempts[which]?.reject(answer);
    await expect(reply).rejects.toBe(answer);
  });

  it.each([
    [0, 1],
    [1, 0],
  ])("waits for the other when call %i breaks off", async (broken, other) => {
    const { clock, attempts, call } = setUp();
    const reply = call("x");
    await clock.advance(100);
    attempts[broken]?.reject(dropped);
    await clock.advance(100);
    attempts[other]?.resolve("other");
    expect(await reply).toBe("other");
  });

  it("throws what broke off first when both do", async () => {
    const { clock, attempts, call } = setUp();
    const reply = call("x");
    await clock.advance(100);
    attempts[0]?.reject(dropped);
    attempts[1]?.reject(unavailable("go.micro.client", "another"));
    await expect(reply).rejects.toBe(dropped);
  });

  it("throws at once, and asks nobody else, when the call fails before its time", async () => {
    const { clock, attempts, call } = setUp();
    const reply = call("x");
    attempts[0]?.reject(dropped);
    await expect(reply).rejects.toBe(dropped);
    await clock.advance(1_000);
    expect(attempts).toHaveLength(1);
  });

  it("ends with the first call's time", async () => {
    const { clock, attempts, call } = setUp();
    const reply = call("x");
    await clock.advance(100);
    const late = timeout("go.micro.client", "context deadline exceeded");
    attempts[0]?.reject(late);
    await expect(reply).rejects.toBe(late);
    expect(attempts[1]?.options.signal?.aborted).toBe(true);
    expect(attempts[1]?.options.signal?.reason).not.toBeInstanceOf(MicroError); // it was given no time to answer
  });

  it("gives both calls up when the caller does", async () => {
    const { clock, attempts, call } = setUp();
    const giveUp = new AbortController();
    const reply = call("x", { signal: giveUp.signal });
    const failed = expect(reply).rejects.toMatchObject({ code: 499 });
    await clock.advance(100);
    giveUp.abort();
    await failed;
    expect(attempts.map(({ options }) => options.signal?.aborted)).toEqual([true, true]);
    await expect(call("x", { signal: giveUp.signal })).rejects.toMatchObject({ code: 499 });
  });

  it("asks nobody else when the budget is spent", async () => {
    const { clock, attempts, call } = setUp({ budget: retryBudget({ share: 0, perSecond: 0.1, clock: testClock() }) });
    const replies = [call("x"), call("y")];
    await clock.advance(100);
    expect(attempts).toHaveLength(3);
    for (const attempt of attempts) attempt.resolve("");
    await Promise.all(replies);
  });

  it("tells of each second call, and of none that the budget refused", async () => {
    const hedged: string[] = [];
    const budget = retryBudget({ clock: testClock(), share: 0, perSecond: 0.1 });
    const { clock, attempts, call } = setUp({ budget, onHedge: ({ endpoint }) => hedged.push(endpoint) });
    const replies = [call("x"), call("y")];
    await clock.advance(100);
    expect(attempts).toHaveLength(3);
    expect(hedged).toEqual(["A.B"]);
    for (const { resolve } of attempts) resolve("done");
    await Promise.all(replies);
  });

  it("goes by what calls took lately, once it has seen enough of them", async () => {
    const clock = testClock();
    let slow = false;
    let attempts = 0;
    const next = async (): Promise<unknown> => {
      attempts++;
      await new Promise<void>((resolve) => clock.after(slow ? 1_000 : attempts % 64, resolve));
      return "x";
    };
    const call = hedge({ clock })(next, { service: "s", endpoint: "A.B", idempotent: true });
    for (let i = 0; i < 64; i++) {
      const reply = call("x");
      await clock.advance(64);
      await reply;
    }
    expect(attempts).toBe(64);
    slow = true;
    const reply = call("x");
    await clock.advance(60); // 61 of 64 calls, the share of 0.95, took no longer
    expect(attempts).toBe(65);
    await clock.advance(1);
    expect(attempts).toBe(66);
    await clock.advance(1_000);
    await reply;
  });
});
