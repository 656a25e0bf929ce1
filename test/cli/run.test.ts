import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { RunningProcess } from "@micro/testbed";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { micro, root, startMicro } from "./micro.ts";
import { terminal } from "./terminal.ts";

let parent: string;
let folder: string;
let count = 0;
let running: RunningProcess | undefined;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "micro-run-"));
});

afterAll(() => rm(parent, { recursive: true, force: true }));

beforeEach(async () => {
  folder = join(parent, String(count++));
  await mkdir(folder);
});

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

/** A program that says that it is up and how it was asked to stop. */
const program = (word: string): string =>
  `process.on("SIGTERM", () => { console.log("asked to stop ${word}"); process.exit(0); });
   setInterval(() => undefined, 1000);
   console.log("up ${word} " + process.pid + " " + process.argv.slice(2));`;

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

function project(name: string, scripts: Record<string, string>): Record<string, string> {
  return { [`${name}/package.json`]: JSON.stringify({ name, type: "module", scripts }) };
}

async function start(...args: string[]): Promise<RunningProcess> {
  running = await startMicro(["run", ...args], { cwd: folder });
  return running;
}

/** Whether a process runs. One that has ended may still be listed, for a parent that never asks how. */
async function runs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""); // none is left of it
  return stat !== "" && !/\) Z /.test(stat);
}

const pidIn = (line: string): number => Number(/up \w+ (\d+)/.exec(line)?.[1]);

it("starts every service of a folder, says whose each line is, and stops all in order", async () => {
  await write({
    ...project("aa", { start: "node main.js" }),
    "aa/main.js": program("a"),
    ...project("b", { start: "node main.js" }),
    "b/main.js": `console.error("to stderr"); ${program("b")}`,
    ...project("lib", {}),
  });
  const all = await start(".", "--", "--flag=x y");
  expect(await all.waitForLine("up a", { timeoutMs: 30_000 })).toMatch(/^aa \| up a \d+ --flag=x y$/);
  expect(await all.waitForLine("up b")).toMatch(/^b {2}\| up b \d+ --flag=x y$/);
  expect(all.output()).toContain("b  | to stderr\n");
  all.signal("SIGINT");
  expect(await all.exited).toEqual({ code: 0, signal: null });
  expect(all.output()).toContain("aa | asked to stop a\n");
  expect(all.output()).toContain("b  | asked to stop b\n");
});

it("builds and starts a service anew when one of its files changes, and no other", async () => {
  const build = "mkdir -p dist && cp src/main.js dist/main.js";
  await write({
    ...project("x", { build, start: "node dist/main.js" }),
    "x/src/main.js": program("one"),
    ...project("y", { start: "node main.js" }),
    "y/main.js": program("y"),
  });
  const all = await start();
  const first = pidIn(await all.waitForLine("up one", { timeoutMs: 30_000 }));
  await all.waitForLine("up y");
  await writeFile(join(folder, "x/src/main.js"), program("two"));
  await all.waitForLine(/x \| ── \S*x.src.main\.js changed/);
  await all.waitForLine("up two", { timeoutMs: 30_000 });
  expect(await runs(first)).toBe(false);
  expect(all.output().match(/up y/g)).toHaveLength(1);
});

it("keeps the old one while a change does not build", async () => {
  const build = "node --check src/main.js && mkdir -p dist && cp src/main.js dist/main.js";
  await write({ ...project("x", { build, start: "node dist/main.js" }), "x/src/main.js": program("one") });
  const all = await start("x");
  const first = pidIn(await all.waitForLine("up one", { timeoutMs: 30_000 }));
  await writeFile(join(folder, "x/src/main.js"), "this is no JavaScript");
  await all.waitForLine("does not build; the one before goes on", { timeoutMs: 30_000 });
  expect(await runs(first)).toBe(true);
  await writeFile(join(folder, "x/src/main.js"), program("two"));
  await all.waitForLine("up two", { timeoutMs: 30_000 });
});

it("starts one that crashes again, and not one whose flags are wrong", async () => {
  await write({
    ...project("crash", { start: "node main.js" }),
    "crash/main.js": `import { existsSync, writeFileSync } from "node:fs";
      if (existsSync("again")) { ${program("again")} } else { writeFileSync("again.log", ""); writeFileSync("again", ""); process.exit(3); }`,
    ...project("wrong", { start: "node -e 'process.exit(2)'" }),
  });
  const all = await start();
  await all.waitForLine("crash | ── ended with exit code 3; it starts again in 1s", { timeoutMs: 30_000 });
  await all.waitForLine("wrong | ── ended with exit code 2, which another start would not change");
  await all.waitForLine("crash | up again", { timeoutMs: 30_000 });
});

it("kills what does not stop in time, with exit code 1, and leaves nothing behind", async () => {
  const stubborn = `process.on("SIGTERM", () => console.log("no")); setInterval(() => undefined, 1000); console.log("up stubborn " + process.pid);`;
  await write({ ...project("x", { start: "true && node main.js" }), "x/main.js": stubborn });
  const all = await start("x", "--stop_timeout=300ms");
  const pid = pidIn(await all.waitForLine("up stubborn", { timeoutMs: 30_000 }));
  all.signal("SIGTERM");
  expect(await all.exited).toEqual({ code: 1, signal: null });
  expect(all.output()).toContain("micro: x did not stop in time and was killed\n");
  expect(await runs(pid)).toBe(false);
});

it("on a terminal one Ctrl-C stops all, each name in its colour", async () => {
  await write({ ...project("x", { start: "node main.js" }), "x/main.js": program("x") });
  await using shell = terminal(["run", join(folder, "x")]);
  const line = await shell.see(/up x \d+/);
  expect(line).toContain("\u001b[36mx |\u001b[39m up x");
  shell.type("\u0003");
  await shell.see("asked to stop x");
  expect(await shell.ended).toBe(0);
  expect(await runs(pidIn(line))).toBe(false);
});

it("flags for services reach them as environment variables", async () => {
  const tell = `console.log("up env " + process.pid, JSON.stringify([process.env.MICRO_REGISTRY, process.env.MICRO_REGISTRY_ADDRESS])); process.exit(0)`;
  await write({ ...project("x", { start: "node main.js" }), "x/main.js": tell });
  const args = ["--registry=etcd", "run", "x", "--registry_address=h:1,i:2", "--no-reload"];
  const { code, out } = await micro(args, { cwd: folder });
  expect(code).toBe(0);
  expect(out).toContain('["etcd","h:1,i:2"]');
});

it("runs the services of this repository's workspace", async () => {
  const workspace = await readFile(join(root, "pnpm-workspace.yaml"), "utf8");
  expect(workspace).toContain("services/*");
  const flags = ["--registry=memory", "--server_address=127.0.0.1:0", "--no-build", "--no-reload"];
  const all = await startMicro(["run", root, "--only=user-srv,user-api", ...flags], { cwd: root });
  running = all;
  await all.waitForLine(/^user-srv \| .*Registering node: go\.micro\.srv\.user/, { timeoutMs: 60_000 });
  await all.waitForLine(/^user-api \| .*Registering node: go\.micro\.api\.user/, { timeoutMs: 60_000 });
  all.signal("SIGINT");
  expect(await all.exited).toEqual({ code: 0, signal: null });
});

it("says what is wrong before it starts anything", async () => {
  expect(await micro(["run", "nowhere"], { cwd: folder })).toMatchObject({
    code: 2,
    err: expect.stringContaining("nowhere"),
  });
});

it("a change that comes while nobody looks is not lost", async () => {
  const build = "cat src/main.js > /dev/null && sleep 0.5 && mkdir -p dist && cp src/main.js dist/main.js";
  await write({ ...project("x", { build, start: "node dist/main.js" }), "x/src/main.js": program("one") });
  const all = await start("x");
  await all.waitForLine("up one", { timeoutMs: 30_000 });
  await writeFile(join(folder, "x/src/main.js"), program("two"));
  await all.waitForLine("changed");
  await writeFile(join(folder, "x/src/main.js"), program("three"));
  await eventually(
    async () => all.output(),
    (output) => expect(output).toContain("up three"),
  );
});
