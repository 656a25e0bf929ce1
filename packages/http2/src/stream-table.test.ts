import { expect, it } from "vitest";
import { StreamTable } from "./stream-table.ts";

it("tells streams that were never opened from those that have ended", () => {
  const table = new StreamTable();
  table.lastId = 5;
  expect([1, 3, 5, 7, 2].map((id) => table.isIdle(id))).toEqual([false, false, false, true, true]);
});

it("expects late frames on streams that were reset, not on others", () => {
  const table = new StreamTable();
  table.lastId = 9;
  table.remember(3);
  expect([1, 3, 5].map((id) => table.mayStillReceive(id))).toEqual([false, true, false]);
});

it("gives those it had to forget the benefit of the doubt, and stays small", () => {
  const table = new StreamTable();
  for (let id = 1; id < 20_000; id += 2) table.remember(id);
  expect(table.mayStillReceive(1)).toBe(true);
  expect(table.mayStillReceive(19_999)).toBe(true);
  expect(table.mayStillReceive(20_001)).toBe(false);
});
