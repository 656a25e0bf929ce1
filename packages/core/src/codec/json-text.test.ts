import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatJson, parseJson } from "./json-text.ts";

const parse = (text: string): unknown => parseJson(Buffer.from(text));

describe("reading JSON text", () => {
  it("keeps all digits of integers beyond the safe ones", () => {
    expect(parse('{"a":[9007199254740993,-18446744073709551616,9007199254740991,1e300]}')).toEqual({
      a: [9007199254740993n, -18446744073709551616n, 9007199254740991, 1e300],
    });
  });

  it("reads everything around a long number as JSON.parse does", () => {
    const json = fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
        const text = `[9007199254740993,${JSON.stringify(value, undefined, indent)}]`;
        expect(parse(text)).toEqual([9007199254740993n, JSON.parse(JSON.stringify(value), exact)]);
      }),
    );
  });

  it("refuses what JSON.parse refuses, long numbers or not", () => {
    const long = "12345678901234567";
    const edits = fc.tuple(
      fc.jsonValue({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom("", ",", '"', "}", "]", "0", "-", "\\", ":", "x", "\n"),
    );
    fc.assert(
      fc.property(edits, ([value, at, char]) => {
        const whole = `{"n":${long},"v":${JSON.stringify(value)}}`;
        const cut = at % whole.length;
        const text = whole.slice(0, cut) + char + whole.slice(cut + 1);
        expect(accepted(() => parse(text))).toBe(accepted(() => JSON.parse(text)));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    "",
    "{",
    "[1,]",
    '{"a":1,}',
    '{"a" 1}',
    "01",
    "1.",
    "+1",
    "'a'",
    "nul",
    "[1] 2",
    '"\n"',
    "[9007199254740993",
    '"a',
    "NaN",
  ])("refuses %j", (text) => {
    expect(() => parse(text)).toThrow(/^invalid JSON: ./);
    expect(() => parse(`[12345678901234567,${text}]`)).toThrow(/^invalid JSON: ./);
  });

  it("refuses bytes that are not UTF-8", () => {
    expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow("invalid JSON: not UTF-8");
    expect(parse('"\ufffd"')).toBe("\ufffd");
  });

  it("takes __proto__ for a key like any other", () => {
    for (const text of ['{"__proto__":{"a":1}}', '{"__proto__":{"a":1},"n":12345678901234567}']) {
      const value = parse(text) as object;
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(Object.keys(value)).toContain("__proto__");
    }
  });

  it("refuses what is nested so deep that the stack would end", () => {
    expect(() => parse(`${"[".repeat(100_000)}12345678901234567`)).toThrow("invalid JSON: nested more than 1000 deep");
  });
});

describe("writing JSON text", () => {
  it("writes what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.anything({ withDate: true, withNullPrototype: true }), (value) => {
        expect(formatJson(value)).toBe(JSON.stringify(value) ?? "null");
        expect(formatJson([1n, value])).toBe(`[1,${JSON.stringify([value]).slice(1, -1)}]`);
      }),
    );
  });

  it("writes bigint as digits and bytes in base64", () => {
    const value = {
      big: 2n ** 64n,
      bytes: new Uint8Array([1, 2, 255]),
      list: [undefined, 1n],
      gone: undefined,
      when: new Date(0),
    };
    expect(formatJson(value)).toBe(
      '{"big":18446744073709551616,"bytes":"AQL/","list":[null,1],"when":"1970-01-01T00:00:00.000Z"}',
    );
  });

  it("refuses a value that contains itself", () => {
    const loop: { self?: unknown; big: bigint } = { big: 1n };
    loop.self = loop;
    expect(() => formatJson(loop)).toThrow(TypeError);
    const plain: unknown[] = [];
    plain.push(plain);
    expect(() => formatJson(plain)).toThrow(/circular/);
  });
});

/** Turns the numbers that JSON.stringify writes as long integers into bigint. */
function exact(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(String(value))
    ? BigInt(String(value))
    : value;
}

function accepted(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (reason) {
    expect(reason).toBeInstanceOf(Error);
    return false;
  }
}
