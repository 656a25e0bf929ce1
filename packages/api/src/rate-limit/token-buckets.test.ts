import { testClock } from "@micro/core";
import { expect, test } from "vitest";
import { tokenBuckets } from "./token-buckets.ts";

test("so many at once, then as fast as tokens grow back", async () => {
  const clock = testClock();
  const buckets = tokenBuckets({ requests: 10, perMs: 1_000, burst: 3 }, 100, clock);
  expect([1, 2, 3].map(() => buckets.take("a"))).toEqual([0, 0, 0]);
  expect(buckets.take("a")).toBe(100);
  expect(buckets.take("b")).toBe(0);
  await clock.advance(99);
  expect(buckets.take("a")).toBeLessThanOrEqual(2);
  await clock.advance(2);
  expect([buckets.take("a"), buckets.take("a")]).toEqual([0, 99]);
  await clock.advance(3_600_000);
  expect([1, 2, 3].map(() => buckets.take("a"))).toEqual([0, 0, 0]);
  expect(buckets.take("a")).toBeGreaterThan(0);
});

test("however many keys come, the memory is bounded, and busy ones are kept", () => {
  const buckets = tokenBuckets({ requests: 1, perMs: 60_000 }, 1_000, testClock());
  buckets.take("busy");
  for (let at = 0; at < 100_000; at++) {
    buckets.take(`k${at}`);
    if (at % 500 === 0) expect(buckets.take("busy")).toBeGreaterThan(0);
  }
  expect(buckets.size).toBe(1_000);
});
