import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, waitForPort } from "./port.ts";
import { spawnNode, startProcess } from "./process.ts";

describe("startProcess", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "micro-testbed-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("finds a line written before or after it was asked for", async () => {
    await using child = await startProcess("sh", ["-c", "echo first; sleep 0.2; echo second 2>&1; sleep 60"]);
    expect(await child.waitForLine("second")).toBe("second");
    expect(await child.waitForLine(/^fir/)).toBe("first");
  });

  it("rejects with the last words of a process that ends first", async () => {
    await using child = await startProcess("sh", ["-c", "echo bad luck; exit 3"], { name: "unlucky" });
    await expect(child.waitForLine("ready")).rejects.toThrow(/unlucky ended \(code 3\)[\s\S]*bad luck/);
    expect(await child.exited).toEqual({ code: 3, signal: null });
  });

  it("rejects when the program does not exist", async () => {
    await expect(startProcess("/no/such/program")).rejects.toThrow("cannot start /no/such/program");
  });

  it("stops a process that does not listen to SIGTERM, and its children", async () => {
    const child = await startProcess("sh", ["-c", "trap '' TERM; sleep 1000 & echo child $!; wait; wait"]);
    const grandchild = Number((await child.waitForLine("child ")).split(" ")[1]);
    expect(await child.stop({ graceMs: 50 })).toEqual({ code: null, signal: "SIGKILL" });
    await expect.poll(() => isAlive(grandchild)).toBe(false);
  });

  it("stops a frozen process", async () => {
    const child = await startProcess("sleep", ["1000"]);
    child.freeze();
    expect((await child.stop()).signal).toBe("SIGTERM");
  });

  it("leaves no orphan when the process that started it is killed", async () => {
    const file = join(folder, "parent.mjs");
    const index = new URL("../dist/index.js", import.meta.url).href;
    await writeFile(
      file,
      `import { startProcess } from ${JSON.stringify(index)};
       const child = await startProcess("sleep", ["1000"]);
       console.log("child " + child.pid);
       setInterval(() => {}, 1000);`,
    );
    const parent = await spawnNode(file);
    const pid = Number((await parent.waitForLine("child ")).split(" ")[1]);
    expect(await isAlive(pid)).toBe(true);
    await parent.kill9();
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  });

  it("does not keep the process alive that started it once the children are gone", async () => {
    const file = join(folder, "short.mjs");
    const index = new URL("../dist/index.js", import.meta.url).href;
    await writeFile(
      file,
      `import { startProcess } from ${JSON.stringify(index)};
       await (await startProcess("true")).exited;`,
    );
    const parent = await spawnNode(file);
    expect(await parent.exited).toEqual({ code: 0, signal: null });
  });
});

describe("waitForPort", () => {
  it("rejects when nothing listens in time", async () => {
    const port = await freePort();
    await expect(waitForPort(port, { timeoutMs: 50 })).rejects.toThrow(`127.0.0.1:${port}`);
  });
});

// A zombie waiting for its parent is as good as gone.
async function isAlive(pid: number): Promise<boolean> {
  try {
    return !/^State:\s+[ZX]/m.test(await readFile(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false; // no such process
  }
}
