import { etcdServer, requireServer } from "@micro/testbed";
import { describe, expect, it } from "vitest";
import { runProgram } from "./run-program.ts";
import type { RestartReport } from "./src/restarts.ts";

const available = await requireServer(etcdServer);

describe.skipIf(!available)("three copies under 500 calls a second", () => {
  it("lose no call, and run none twice, while one after the other is stopped and started again", async () => {
    const report = await runProgram<RestartReport>("rolling-restarts", { times: 3 });
    expect(report).toMatchObject({ restarts: 3, failed: 0, reasons: [] });
    expect(report.made).toBeGreaterThan(1_000);
    expect(report.ran).toBe(report.made);
  });

  it("lose no idempotent call while one after the other is killed and started again", async () => {
    const report = await runProgram<RestartReport>("kills", { times: 3 });
    expect(report).toMatchObject({ restarts: 3, failed: 0, reasons: [] });
    expect(report.made).toBeGreaterThan(1_000);
  });
});
