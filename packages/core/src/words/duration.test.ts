import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

describe("parseDuration", () => {
  test.each([
    ["0", 0],
    ["-0", 0],
    ["+5s", 5_000],
    ["5s", 5_000],
    ["300ms", 300],
    ["1.5h", 5_400_000],
    ["2h45m", 9_900_000],
    ["1m30s", 90_000],
    [".5s", 500],
    ["1.s", 1_000],
    ["-1m", -60_000],
    ["7us", 0.007],
    ["7\u00b5s", 0.007],
    ["7\u03bcs", 0.007],
    ["1ns", 0.000001],
    ["5s1h", 3_605_000],
    ["1.001s", 1_001],
  ])("reads %s as %d ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each([
    ["", "is no duration"],
    ["-", "is no duration"],
    ["s", "is no duration"],
    ["5", "lacks a unit"],
    ["1m5", "lacks a unit"],
    ["5 s", 'has the unknown unit " s"'],
    ["5d", 'has the unknown unit "d"'],
    ["5S", 'has the unknown unit "S"'],
    ["1.2.3s", "lacks a unit"],
    [".s", "is no duration"],
    ["--5s", "is no duration"],
    ["1e3s", 'has the unknown unit "e"'],
    ["3000000h", "is too long"],
  ])("refuses %j: it %s", (text, problem) => {
    expect(() => parseDuration(text)).toThrow(
      new RangeError(
        `${JSON.stringify(text)} ${problem}; expected a duration such as 300ms, 5s, 1m30s or 1.5h (units ns, us, ms, s, m, h)`,
      ),
    );
  });

  test("refuses a negative span when asked to", () => {
    expect(() => parseDuration("-5s", { negative: false })).toThrow(
      '"-5s" is negative; expected a duration of 0 or more',
    );
    expect(parseDuration("-0s", { negative: false })).toBe(0);
  });
});

describe("formatDuration", () => {
  test.each([
    [0, "0s"],
    [5_000, "5s"],
    [60_000, "1m"],
    [5_400_000, "1h30m"],
    [3_605_000, "1h5s"],
    [1_500, "1.5s"],
    [61_001, "1m1.001s"],
    [300, "300ms"],
    [0.25, "250us"],
    [0.000001, "1ns"],
    [-60_000, "-1m"],
  ])("writes %d ms as %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

  test("is read back as it was", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e11, max: 1e11 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});
