import { expect, test } from "vitest";
import { cleanPath, splitTarget } from "./path.ts";

test.each([
  ["/a/b", "/a/b"],
  ["/", "/"],
  ["//a", "/a"],
  ["/a/./b", "/a/b"],
  ["/a/../b", "/b"],
  ["/../../a", "/a"],
  ["/a/b/", "/a/b/"],
  ["/a/b/..", "/a/"],
  ["/a/b/.", "/a/b/"],
  ["/a/..", "/"],
  ["/a/%2e%2e/b", "/b"],
  ["/a%2Fb/c", "/a/b/c"],
  ["/caf%C3%A9", "/café"],
  ["/.hidden/a..b", "/.hidden/a..b"],
  ["*", "/*"],
])("cleans %s to %s", (raw, clean) => {
  expect(cleanPath(raw)).toBe(clean);
});

test.each(["/a%", "/a%zz", "/%ff"])("refuses the path %s with 400", (raw) => {
  expect(() => cleanPath(raw)).toThrow(expect.objectContaining({ code: 400 }));
});

test.each([
  ["/a/b?c=1&d", "/a/b", "c=1&d"],
  ["/a", "/a", ""],
  ["/a?", "/a", ""],
  ["/a?b?c", "/a", "b?c"],
  ["/a?b#c", "/a", "b"],
  ["/a#c?d", "/a", ""],
  ["http://host:80/a?b=1", "/a", "b=1"],
  ["http://host", "/", ""],
  ["http://host?b", "/", "b"],
])("splits %s", (target, path, query) => {
  expect(splitTarget(target)).toEqual({ path, query });
});
