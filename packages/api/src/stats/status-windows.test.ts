import { testClock } from "@micro/core";
import { expect, test } from "vitest";
import { statusWindows } from "./status-windows.ts";

test("counts each class of status in the window of its time", async () => {
  const clock = testClock(1_000_000);
  const windows = statusWindows(clock);
  for (const status of [200, 204, 409, 503]) windows.add(status);
  await clock.advance(5_000);
  windows.add(302);
  const none = { "20x": 0, "30x": 0, "40x": 0, "50x": 0 };
  expect(windows.list()).toEqual([
    { timestamp: 1_000, status_codes: { ...none, "20x": 2, "40x": 1, "50x": 1 }, total_reqs: 4 },
    { timestamp: 1_005, status_codes: { ...none, "30x": 1 }, total_reqs: 1 },
  ]);
});

test("keeps the last 24 windows, silent ones among them, however long nobody looked", async () => {
  const clock = testClock(0);
  const windows = statusWindows(clock);
  windows.add(200);
  await clock.advance(15_000);
  expect(windows.list().map(({ timestamp }) => timestamp)).toEqual([0, 5, 10, 15]);
  await clock.advance(3_600_000);
  const list = windows.list();
  expect(list).toHaveLength(24);
  expect(list.at(-1)?.timestamp).toBe(3_615);
  expect(list[0]?.timestamp).toBe(3_500);
});
