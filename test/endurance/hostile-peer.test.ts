import { beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "./run-program.ts";
import type { HostileReport, Outcomes } from "./src/hostile-peers.ts";

const megabyte = 1024 * 1024;

describe("peers that fail, reset, stall, lie and talk nonsense", () => {
  let report: HostileReport;
  beforeAll(async () => {
    report = await runProgram("hostile-peer", { seconds: 6 });
  });

  it("make no call hang, be late, or reject with anything else than a MicroError, and none to a good peer fail", () => {
    expect(report).toMatchObject({ hung: [], late: [], strange: [], unanswered: [] });
  });

  it("get each call an outcome, and only one", () => {
    const counted = Object.values(report.outcomes).flatMap((outcomes) => Object.values(outcomes));
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(report.made);
    expect(report.made).toBeGreaterThan(1_000);
  });

  it.each([
    ["answers", ["reply"]],
    ["is not there", ["408", "503"]],
    ["resets when asked", ["408", "503"]],
    ["closes when asked", ["408", "503"]],
    ["never answers", ["408"]],
    ["never reads", ["408"]],
    ["dawdles", ["408"]],
  ])("which %s cost calls of either protocol nothing but %j", (manner, allowed) => {
    for (const protocol of ["grpc", "mucp"]) {
      for (const kind of [`${protocol} ${manner}`, `${protocol} ${manner}, stream`]) {
        const outcomes: Outcomes = report.outcomes[kind] ?? {};
        // On a machine that stands still for a moment even a good answer may come too late.
        const others = Object.keys(outcomes).filter((outcome) => outcome !== "408" && !allowed.includes(outcome));
        expect([kind, others]).toEqual([kind, []]);
        expect([kind, Object.keys(outcomes).length > 0]).toEqual([kind, true]);
      }
    }
  });

  it("leave nothing behind", () => {
    const { before, after } = report;
    expect(after.handles).toEqual(before.handles);
    expect(after.sockets).toBe(before.sockets);
    expect(after.timers - before.timers).toBeLessThan(20);
    expect(after.heapBytes - before.heapBytes).toBeLessThan(6 * megabyte);
    expect(after.bufferBytes - before.bufferBytes).toBeLessThan(6 * megabyte);
  });
});
