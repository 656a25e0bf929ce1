import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { underLock } from "./lock.ts";

describe.skipIf(process.platform !== "linux")("underLock", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "micro-testbed-lock-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("runs one program after the other", async () => {
    const lock = join(folder, "lock");
    // Fails where another one is at it.
    const script = "mkdir busy && sleep 0.05 && rmdir busy";
    const runs = Array.from({ length: 5 }, () => underLock(lock, ["sh", "-c", script], { cwd: folder }));
    await expect(Promise.all(runs)).resolves.toHaveLength(5);
  });

  it("lets the next one go on after one that failed, whose words come with the rejection", async () => {
    const lock = join(folder, "failing");
    const failing = underLock(lock, ["sh", "-c", "echo no such thing >&2; exit 3"]);
    await expect(failing).rejects.toMatchObject({ code: 3, stderr: "no such thing\n" });
    await underLock(lock, ["true"]);
  });
});
