import { expect, it } from "vitest";
import { Allowance } from "./allowance.ts";

it("allows the burst, then as many as have become due", () => {
  let now = 0;
  const allowance = new Allowance({ burst: 3, perSecond: 10 }, () => now);
  expect([1, 2, 3, 4].map(() => allowance.spend())).toEqual([true, true, true, false]);
  now = 200;
  expect([1, 2, 3].map(() => allowance.spend())).toEqual([true, true, false]);
});

it("never saves up more than the burst", () => {
  let now = 0;
  const allowance = new Allowance({ burst: 2, perSecond: 1000 }, () => now);
  now = 1_000_000;
  expect([1, 2].map(() => allowance.spend())).toEqual([true, true]);
  expect([1, 2, 3].map(() => allowance.spend())).toEqual([true, true, false]);
});
