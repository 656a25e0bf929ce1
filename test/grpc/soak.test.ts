import { fileURLToPath } from "node:url";
import { spawnNode } from "@micro/testbed";
import { describe, expect, it } from "vitest";

interface Report {
  readonly counts: Record<string, { right: number; provoked: number }>;
  readonly wrong: Record<string, number>;
  readonly unexpected: Record<string, number>;
  readonly before: LeftOver;
  readonly after: LeftOver;
}

interface LeftOver {
  readonly heapBytes: number;
  readonly bufferBytes: number;
  readonly handles: Record<string, number>;
}

const file = fileURLToPath(new URL("dist/soak/main.js", import.meta.url));

describe("fifteen seconds at full speed with churn, resets, slow readers and liars", () => {
  it("bring no wrong reply, no surprise, and leave nothing behind", async () => {
    const child = await spawnNode(file, ["--seconds", "15"], { name: "soak", nodeArgs: ["--expose-gc"] });
    expect(await child.exited).toMatchObject({ code: 0 });
    const { counts, wrong, unexpected, before, after } = JSON.parse(child.output()) as Report;

    expect(wrong).toEqual({});
    expect(unexpected).toEqual({});
    // Each kind of caller and of liar had its turn, and what was to be provoked was.
    expect(Object.keys(counts)).toHaveLength(19);
    for (const [kind, { right, provoked }] of Object.entries(counts))
      expect([kind, right + provoked > 0]).toEqual([kind, true]);
    for (const kind of ["aborted", "short of time", "cut off", "upload given up"])
      expect([kind, (counts[kind]?.provoked ?? 0) > 0]).toEqual([kind, true]);

    expect(after.handles).toEqual(before.handles);
    // Compiled code and what it has learned still grow a little after five seconds.
    expect(after.heapBytes - before.heapBytes).toBeLessThan(4 * 1024 * 1024);
    expect(after.bufferBytes - before.bufferBytes).toBeLessThan(4 * 1024 * 1024);
  });
});
