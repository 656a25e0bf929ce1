import { expect, test } from "vitest";
import { splitLine } from "./split-line.ts";

test.each([
  ["", []],
  ["  list   services ", ["list", "services"]],
  ['call a B.C {"name": "x  y"} ', ["call", "a", "B.C", '{"name": "x  y"}']],
  [`call a B.C '{"name": "x y"}'`, ["call", "a", "B.C", '{"name": "x y"}']],
  ['publish t "a \\"b\\" c"', ["publish", "t", 'a "b" c']],
  ["publish t [1, 2]", ["publish", "t", "[1, 2]"]],
  ["call a B.C --metadata='k=v w' {}", ["call", "a", "B.C", "--metadata=k=v w", "{}"]],
  ["get 'unfinished business", ["get", "unfinished business"]],
  ["x ''", ["x", ""]],
])("%j is %j", (line, words) => {
  expect(splitLine(line)).toEqual(words);
});
