import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findProjects } from "./projects.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "micro-projects-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, unknown>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === "string" ? content : JSON.stringify(content));
  }
}

const names = async (folder = ".", only?: string[]): Promise<string[]> =>
  (await findProjects([join(root, folder)], only)).map(({ name }) => name);

const startable = (name: string): object => ({ name, scripts: { start: "node ." } });

test("a project is itself, its name without scope", async () => {
  write({ "package.json": { name: "@acme/user", scripts: { start: "node main.js", build: "tsc" } } });
  expect(await findProjects([root], undefined)).toEqual([
    { name: "user", folder: root, start: "node main.js", build: "tsc" },
  ]);
});

test("a workspace of npm is its members that can be started", async () => {
  write({
    "package.json": { ...startable("root"), workspaces: ["services/*", "!services/old"] },
    "services/b/package.json": startable("b"),
    "services/a/package.json": startable("a"),
    "services/old/package.json": startable("old"),
    "services/lib/package.json": { name: "lib" },
    "services/empty/readme": "",
    "other/package.json": startable("other"),
  });
  expect(await names()).toEqual(["a", "b"]);
});

test.each([
  ["packages:\n  - services/*\n  - 'one'\n\ncatalog:\n  x: 1\n", ["a", "one"]],
  ['packages:\n- "**"\n', ["a", "deep", "one"]],
  ["packages:\n  # those that matter\n  - services/**   # all below\n  - '!services/a'\nother: 1\n", ["deep"]],
  ["packages:\r\n  - one\r\n", ["one"]],
])("a workspace of pnpm is what %j names", async (yaml, expected) => {
  write({
    "pnpm-workspace.yaml": yaml,
    "package.json": { name: "root" },
    "services/a/package.json": startable("a"),
    "services/more/deep/package.json": startable("deep"),
    "one/package.json": startable("one"),
    "one/node_modules/dep/package.json": startable("dep"),
  });
  expect(await names()).toEqual(expected);
});

test("a folder without a package is the projects below it", async () => {
  write({ "services/a/package.json": startable("a"), "services/b/package.json": { name: "b" } });
  expect(await names("services")).toEqual(["a"]);
});

test("--only keeps what it names, and says so when that is not there", async () => {
  write({ "s/a/package.json": startable("a"), "s/b/package.json": startable("b") });
  expect(await names("s", ["b"])).toEqual(["b"]);
  await expect(names("s", ["c"])).rejects.toThrow("--only: nothing here is called c; there are a, b");
});

test.each([
  ["nothing there", {}, "nothing to run in"],
  ["no start", { "package.json": { name: "x" } }, "nothing to run in"],
  ["no JSON", { "package.json": "{" }, "package.json is no JSON"],
])("%s is a mistake that is told", async (_, files, message) => {
  write(files);
  await expect(names()).rejects.toThrow(message);
});

test("a folder that is not there is told", async () => {
  await expect(names("nowhere")).rejects.toThrow(/cannot look for services in .*nowhere/);
});
