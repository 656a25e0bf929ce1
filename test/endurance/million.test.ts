import { beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "./run-program.ts";
import type { Grown, MillionReport } from "./src/million.ts";

const options = { calls: 15_000, streams: 3_000, changes: 3_000 };
const megabyte = 1024 * 1024;

describe("many calls", () => {
  let report: MillionReport;
  beforeAll(async () => {
    report = await runProgram("million", options);
  });

  it("leave nothing behind on either side", () => expectNoGrowth(report.calls));
  it("that stream, some of them left early, leave nothing behind on either side", () => expectNoGrowth(report.streams));
  it("while nodes join and leave leave nothing behind on either side", () => expectNoGrowth(report.churn));
});

function expectNoGrowth(work: Grown): void {
  expect(work).toMatchObject({ failed: 0, reasons: [] });
  expect(work.made).toBeGreaterThanOrEqual(3_000);
  for (const { before, after } of [work.client, work.server]) {
    expect(after.handles).toEqual(before.handles);
    expect(after.sockets).toBe(before.sockets);
    expect(after.timers - before.timers).toBeLessThan(10);
    // A hundred bytes a call would show; compiled code and what it has learned still grow a little.
    expect(after.heapBytes - before.heapBytes).toBeLessThan(1.5 * megabyte);
    expect(after.bufferBytes - before.bufferBytes).toBeLessThan(1.5 * megabyte);
  }
}
