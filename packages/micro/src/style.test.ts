import { expect, test } from "vitest";
import { styleOf, wantsColours } from "./style.ts";

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: "1" }, false],
  [true, { NO_COLOR: "" }, true],
  [true, { TERM: "dumb" }, false],
  [false, { FORCE_COLOR: "1" }, true],
  [true, { FORCE_COLOR: "0" }, false],
  [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
])("on a terminal %s with %j colours are %s", (terminal, env, colours) => {
  expect(wantsColours(terminal, env)).toBe(colours);
});

test("without colours no text changes", () => {
  const { bold, dim, good, bad, nth } = styleOf(false);
  expect([bold, dim, good, bad, nth(1)].map((paint) => paint("x"))).toEqual(["x", "x", "x", "x", "x"]);
});

test("colours begin anew after the last", () => {
  const { nth } = styleOf(true);
  expect(nth(7)("x")).toBe(nth(1)("x"));
  expect(nth(0)("x")).not.toBe(nth(1)("x"));
});
