import fc from "fast-check";
import { expect, test } from "vitest";
import { firstElement, type JsonObject, jsonText, objectMembers, overlay } from "./json-text.ts";

/** What `overlay` promises, said with values. */
function merged(base: unknown, over: unknown): unknown {
  if (!isObject(base) || !isObject(over)) return over;
  const result = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) result.set(key, merged(result.get(key), value));
  return Object.fromEntries(result);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every object below `value` as one that can be added to. */
function node(value: object): JsonObject {
  return new Map(
    Object.entries(value).map(([key, inner]) => [key, isObject(inner) ? node(inner) : JSON.stringify(inner)]),
  );
}

// Through JSON and back, since -0 is written as 0.
const jsonObject = fc
  .dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>)
  .map((value) => JSON.parse(JSON.stringify(value)) as object);

test("overlay gives what merging the values gives, for any two objects and any indentation", () => {
  fc.assert(
    fc.property(jsonObject, jsonObject, fc.integer({ min: 0, max: 3 }), (base, over, indent) => {
      expect(JSON.parse(overlay(node(base), JSON.stringify(over, null, indent)))).toEqual(merged(base, over));
    }),
  );
});

test("objectMembers gives every member with its text", () => {
  fc.assert(
    fc.property(jsonObject, fc.integer({ min: 0, max: 3 }), (value, indent) => {
      const members = objectMembers(JSON.stringify(value, null, indent));
      expect(new Map([...members].map(([key, text]) => [key, JSON.parse(text)]))).toEqual(
        new Map(Object.entries(value)),
      );
    }),
  );
});

test.each([
  ['{"a":9007199254740993}', '{"q":1,"a":9007199254740993}'],
  ['{"a":1.50,"b":1e400}', '{"q":1,"a":1.50,"b":1e400}'],
  ['{"o":{"z":null},"l":[1,null]}', '{"q":1,"o":{"z":null},"l":[1,null]}'],
  ['{"a":1,"a":2}', '{"q":1,"a":2}'],
  ['{"\\u0071":2}', '{"q":2}'],
  ['{"a":"\\\\"}', '{"q":1,"a":"\\\\"}'],
  ['{"a":"}\\"{","b":["]"]}', '{"q":1,"a":"}\\"{","b":["]"]}'],
  [' {\n"a" :\t1 } ', '{"q":1,"a":1}'],
  ['{"__proto__":{"x":1}}', '{"q":1,"__proto__":{"x":1}}'],
  ["{}", '{"q":1}'],
])("%s over {q:1} is %s", (over, expected) => {
  expect(overlay(new Map([["q", "1"]]), over)).toBe(expected);
});

test("nothing over nothing is an empty object", () => {
  expect(overlay(new Map(), "{}")).toBe("{}");
  expect(jsonText(new Map())).toBe("{}");
});

test.each([
  ["[1,2]", "1"],
  [' [ {"a":[1]} , 2 ]', '{"a":[1]}'],
  ['["]"]', '"]"'],
  ["[]", undefined],
  ["[ ]", undefined],
  ["5", undefined],
])("the first element of %s is %s", (text, expected) => {
  expect(firstElement(text)).toBe(expected);
});

test("a deep body is read once, without recursion where the base ends", () => {
  const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  expect(overlay(new Map([["q", "1"]]), deep)).toBe(`{"q":1,${deep.slice(1)}`);
});
