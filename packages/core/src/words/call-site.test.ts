import { expect, test } from "vitest";
import { callSite, formatPosition, parseStackLine } from "./call-site.ts";

function here(): string {
  return callSite(here);
}

test("a call site is the file and line of the caller", () => {
  const first = here();
  const [second, third] = [here(), here()];
  const line = Number(first.split(":")[1]);
  expect(first).toMatch(/^words\/call-site\.test\.ts:\d+$/);
  expect([second, third]).toEqual([`words/call-site.test.ts:${line + 1}`, `words/call-site.test.ts:${line + 1}`]);
});

test("a call site is the same each time", () => {
  expect(new Set(Array.from({ length: 5 }, () => here())).size).toBe(1);
});

test("a function that is not running has no call site", () => {
  expect(callSite(() => undefined)).toBe("");
});

test.each([
  ["    at run (/srv/app/dist/user.js:10:5)", "/srv/app/dist/user.js", 10, 5],
  ["    at file:///srv/app/dist/user.js:10:5", "file:///srv/app/dist/user.js", 10, 5],
  ["    at async Object.get [as x] (file:///srv/a%20b/user.js:1:2)", "file:///srv/a%20b/user.js", 1, 2],
  ["    at async /srv/user.js:1:2", "/srv/user.js", 1, 2],
  ["    at run (/srv/(home)/user.js:10:5)", "/srv/(home)/user.js", 10, 5],
  ["    at run (C:\\srv\\user.js:10:5)", "C:\\srv\\user.js", 10, 5],
])("%j is a place", (text, file, line, column) => {
  expect(parseStackLine(text)).toEqual({ file, line, column });
});

test.each([
  "TypeError: no user",
  "    at Array.map (<anonymous>)",
  "    at run (node:internal/timers:573:17)",
  "    at eval (eval at run (/srv/user.js:1:1), <anonymous>:1:1)",
  "",
])("%j is no place", (text) => expect(parseStackLine(text)).toBeUndefined());

test.each([
  ["/srv/app/src/handler/user.ts", "handler/user.ts:3"],
  ["C:\\srv\\handler\\user.ts", "handler/user.ts:3"],
  ["file:///user.ts", "/user.ts:3"],
  ["user.ts", "user.ts:3"],
])("%s is shown as %s", (file, shown) => expect(formatPosition({ file, line: 3, column: 1 })).toBe(shown));
