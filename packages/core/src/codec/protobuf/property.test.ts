import { deepStrictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatJson, parseJson } from "../json-text.ts";
import { loadMessages } from "./messages.ts";

const { files } = JSON.parse(readFileSync(new URL("../vectors/files.json", import.meta.url), "utf8")) as {
  files: string;
};
const messages = loadMessages(files);

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const float = fc.float();
const text = fc.string({ unit: "binary", maxLength: 60 });
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => new Uint8Array(array));

const record = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(fields, { noNullPrototype: true }) as fc.Arbitrary<T>;

const scalars = record({
  aDouble: fc.double(),
  aFloat: float,
  anInt32: int32,
  anInt64: int64,
  aUint32: uint32,
  aUint64: uint64,
  aSint32: int32,
  aSint64: int64,
  aFixed32: uint32,
  aFixed64: uint64,
  aSfixed32: int32,
  aSfixed64: int64,
  aBool: fc.boolean(),
  aString: text,
  someBytes: bytes,
  color: int32,
  far: text,
});

const lists = record({
  doubles: fc.array(fc.double()),
  floats: fc.array(float),
  int32s: fc.array(int32),
  int64s: fc.array(int64),
  uint32s: fc.array(uint32),
  uint64s: fc.array(uint64),
  sint32s: fc.array(int32),
  sint64s: fc.array(int64),
  fixed32s: fc.array(uint32),
  fixed64s: fc.array(uint64),
  sfixed32s: fc.array(int32),
  sfixed64s: fc.array(int64),
  bools: fc.array(fc.boolean()),
  strings: fc.array(text),
  byteses: fc.array(bytes),
  colors: fc.array(int32),
  messages: fc.array(scalars, { maxLength: 3 }),
  loose: fc.array(int32),
});

const key = fc.oneof(text, fc.constantFrom("__proto__", "constructor", "toString", ""));
const dictionary = <T>(keys: fc.Arbitrary<string>, values: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.array(fc.tuple(keys, values), { maxLength: 4 }).map((entries) => Object.fromEntries(entries));

const maps = record({
  strings: dictionary(key, text),
  ints: dictionary(int32.map(String), int64),
  bools: dictionary(fc.constantFrom("true", "false"), int32),
  messages: dictionary(uint64.map(String), scalars),
  byteses: dictionary(key, bytes),
  doubles: dictionary(int64.map(String), fc.double()),
  maps: fc.constant({}),
});

const cases: [name: string, values: fc.Arbitrary<object>][] = [
  ["vectors.Scalars", scalars],
  ["vectors.Lists", lists],
  ["vectors.Maps", maps],
];

describe.each(cases)("any %s", (name, values) => {
  const type = messages.type<object>(name);

  it("comes back from its bytes", () => {
    fc.assert(
      fc.property(values, (value) => {
        deepStrictEqual(type.decode(type.encode(value)), value);
      }),
      { numRuns: 60 },
    );
  });

  it("comes back from its JSON text in every dialect", () => {
    const options = fc.constantFrom({}, { names: "proto" as const });
    fc.assert(
      fc.property(values, options, (value, spelling) => {
        const json = parseJson(Buffer.from(formatJson(type.toJson(value, spelling))));
        // Compared as bytes: minus zero has no JSON of its own.
        expect(type.encode(type.fromJson(json))).toEqual(type.encode(withoutMinusZero(value)));
      }),
      { numRuns: 60 },
    );
  });

  it("is read, or refused with an error, when its bytes are cut off or garbled", () => {
    const garbled = fc.tuple(values, fc.nat(), fc.nat(), fc.nat(255)).map(([value, at, cut, byte]) => {
      const array = Uint8Array.from(type.encode(value));
      if (array.length > 0) array[at % array.length] = byte;
      return array.subarray(0, array.length - (cut % (array.length + 1)));
    });
    fc.assert(
      fc.property(garbled, (input) => readsOrRefuses(name, input)),
      { numRuns: 100 },
    );
  });
});

describe("a copy", () => {
  // Values that fit, values that almost fit, and whatever else a program may hand over.
  const wild = fc.anything({ withBigInt: true, withTypedArray: true, maxDepth: 4 });
  const almost = fc.oneof(
    ...cases.map(([, values]) => values),
    fc
      .tuple(fc.oneof(...cases.map(([, values]) => values)), fc.string({ unit: "binary", maxLength: 3 }), wild)
      .chain(([value, name, odd]) =>
        fc.constantFrom(name, ...Object.keys(value)).map((key) => ({ ...value, [key]: odd })),
      ),
    wild,
  );
  const names = ["Scalars", "Lists", "Optionals", "Maps", "Choice", "Tree", "Odd", "Known", "AddressBook", "old.Old"];

  it.each(names)("of any vectors.%s is what its bytes say, and fails in the same words", (name) => {
    const type = messages.type<object>(`vectors.${name}`);
    fc.assert(
      fc.property(almost, (value) => {
        const copied = outcome(() => type.copy?.(value as object));
        deepStrictEqual(
          copied,
          outcome(() => type.decode(type.encode(value as object))),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("of what any bytes say is the same again", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...names), (input, name) => {
        const type = messages.type<object>(`vectors.${name}`);
        const read = attempt(() => type.decode(input));
        if (read !== undefined) deepStrictEqual(type.copy?.(read), read);
      }),
      { numRuns: 500 },
    );
  });

  it("shares nothing with the value", () => {
    const type = messages.type<{ byteses: Uint8Array[]; messages: { aString: string }[] }>("vectors.Lists");
    const value = { byteses: [Uint8Array.of(1)], messages: [{ aString: "a" }] };
    const copy = type.copy?.(value);
    value.byteses[0]?.fill(9);
    value.messages[0] = { aString: "b" };
    value.byteses.push(Uint8Array.of(2));
    expect(copy?.byteses).toEqual([Uint8Array.of(1)]);
    expect(copy?.messages[0]?.aString).toBe("a");
  });
});

describe("any bytes", () => {
  const names = ["Scalars", "Lists", "Optionals", "Maps", "Choice", "Tree", "Odd", "Known", "AddressBook", "old.Old"];

  it.each(names)("are read or refused as vectors.%s", (name) => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (input) => readsOrRefuses(`vectors.${name}`, input)));
  });
});

describe("any JSON", () => {
  it("is read or refused, and changes no prototype", () => {
    const json = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom("__proto__", "name", "left", "value", "struct", "@type", "any"), fc.jsonValue()),
    );
    fc.assert(
      fc.property(json, fc.constantFrom("vectors.Tree", "vectors.Known", "google.protobuf.Value"), (value, name) => {
        const type = messages.type<object>(name);
        const read = attempt(() => type.fromJson(value));
        if (read !== undefined) type.encode(read);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
    );
  });

  it("becomes a google.protobuf.Value and comes back", () => {
    const type = messages.type<object>("google.protobuf.Value");
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const again = type.toJson(type.decode(type.encode(type.fromJson(value))));
        expect(JSON.stringify(sorted(again))).toBe(JSON.stringify(sorted(value)));
      }),
    );
  });
});

function readsOrRefuses(name: string, input: Uint8Array): void {
  const type = messages.type<object>(name);
  const read = attempt(() => type.decode(input));
  // What was read can be written, and says the same when it is read again.
  if (read !== undefined) deepStrictEqual(type.decode(type.encode(read)), read);
  expect(Object.keys(Object.prototype)).toEqual([]);
}

/** What comes of it: a value, or the text of the error. */
function outcome(run: () => unknown): unknown {
  try {
    return { value: run() };
  } catch (reason) {
    return { error: reason instanceof Error ? `${reason.name}: ${reason.message}` : reason };
  }
}

/** `undefined` when it is refused in the way that is promised. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (reason) {
    expect(reason).toBeInstanceOf(Error);
    expect(reason).not.toBeInstanceOf(RangeError);
    expect((reason as Error).message).not.toBe("");
    return undefined;
  }
}

function withoutMinusZero<T>(value: T): T {
  if (Object.is(value, -0)) return 0 as T;
  if (Array.isArray(value)) return value.map(withoutMinusZero) as T;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutMinusZero(member)])) as T;
}

function sorted(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sorted);
  if (typeof json !== "object" || json === null) return json;
  return Object.entries(json)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, sorted(value)]);
}
