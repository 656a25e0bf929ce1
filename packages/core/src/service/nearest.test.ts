import { expect, test } from "vitest";
import { nearest, typingSlips } from "./nearest.ts";

test.each([
  ["registry", "registry", 0],
  ["registy", "registry", 1],
  ["registrry", "registry", 1],
  ["regastry", "registry", 1],
  ["regsitry", "registry", 1],
  ["", "abc", 3],
  ["abc", "", 3],
  ["kitten", "sitting", 3],
  ["ca", "abc", 3],
])("%j is not %j by %d slips", (a, b, slips) => expect(typingSlips(a, b)).toBe(slips));

test("the candidate with the fewest slips is nearest", () => {
  expect(nearest("registry_adress", ["registry", "registry_address", "broker_address"])).toBe("registry_address");
});

test("the first of equally near candidates wins", () => {
  expect(nearest("cat", ["bat", "rat"])).toBe("bat");
});

test("a word unlike all candidates has no nearest", () => {
  expect(nearest("tls", ["registry", "broker", "o"])).toBeUndefined();
  expect(nearest("x", ["o"])).toBeUndefined();
});
