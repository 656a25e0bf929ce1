import { expect, test } from "vitest";
import { posixExpression } from "./posix.ts";

test.each([
  ["^/o/[0-9]+$", "/o/12", true],
  ["^/o/[0-9]+$", "/o/12x", false],
  ["^/o/[[:digit:]]{2,3}$", "/o/123", true],
  ["^/o/[[:alpha:]_-]+$", "/o/a_b-c", true],
  ["^/a\\.b$", "/a.b", true],
  ["^/a\\.b$", "/axb", false],
  ["^/(a|b)/x?$", "/b/", true],
  ["^/[]a]$", "/]", true],
  ["^/[^/]+/x$", "/a/x", true],
  ["^/[^/]+/x$", "/a/b/x", false],
  ["^/a.c$", "/a\nc", true],
  ["^/a/b$", "/a/b", true],
])("%s on %s is %s", (expression, path, expected) => {
  expect(posixExpression(expression).test(path)).toBe(expected);
});

test.each([
  ["^/\\d+$", "\\d is no POSIX escape"],
  ["^/[\\w]$", "\\w is no POSIX escape"],
  ["^/(?:a)$", "(? is no POSIX group"],
  ["^/a+?$", "? repeats nothing"],
  ["^/*$/**$", "repeats nothing"],
  ["^/(a$", "not closed"],
  ["^/a)$", "no group to close"],
  ["^/[a$", "[ is not closed"],
  ["^/[[:nope:]]$", "no class"],
  ["^/a{x}$", "no repetition"],
  ["^/(a+)+$", "very long"],
  ["^/(a|a)*$", "very long"],
])("%s is refused", (expression, why) => {
  expect(() => posixExpression(expression)).toThrow(why);
});
