import { expect, it } from "vitest";
import { escapeBytes, formatDouble, formatFloat, stringBytes } from "./literal.ts";

it.each([
  [`"a\\n\\t\\\\"`, [0x61, 10, 9, 0x5c]],
  [`'it\\'s'`, [0x69, 0x74, 0x27, 0x73]],
  [`"\\x41\\101\\0"`, [0x41, 0x41, 0]],
  [`"\\u00e4\\U0001F600"`, [0xc3, 0xa4, 0xf0, 0x9f, 0x98, 0x80]],
  [`"ä"`, [0xc3, 0xa4]],
])("reads %s", (quoted, bytes) => {
  expect([...stringBytes(quoted)]).toEqual(bytes);
});

it("escapes bytes so that they read as they were", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  expect([...stringBytes(`"${escapeBytes(bytes)}"`)]).toEqual([...bytes]);
});

it.each([
  [0, "0"],
  [1.5, "1.5"],
  [-0.0001, "-0.0001"],
  [1e-5, "1e-05"],
  [1e15, "1e+15"],
  [123_456_789_012_345, "123456789012345"],
  [0.1 + 0.2, "0.30000000000000004"],
  [1.7976931348623157e308, "1.7976931348623157e+308"],
  [Number.POSITIVE_INFINITY, "inf"],
])("writes %d as C does", (value, text) => {
  expect(formatDouble(value)).toBe(text);
});

it.each([
  [1.5e-7, "1.5e-07"],
  [1.500000053056283e-7, "1.5e-07"],
  [0.1, "0.1"],
  [3.4028234663852886e38, "3.4028235e+38"],
  [16_777_217, "16777216"],
])("writes %d as the shortest text of the same 32-bit number", (value, text) => {
  expect(formatFloat(value)).toBe(text);
});
