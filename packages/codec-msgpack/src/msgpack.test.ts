import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Reader, readMsgpack } from "./reader.ts";
import { writeMsgpack } from "./writer.ts";

const hex = (text: string): Uint8Array => Buffer.from(text, "hex");

// The other implementation refuses this key; ours is tested below.
const key = fc.string().filter((text) => text !== "__proto__");

function value(): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.double(),
    fc.maxSafeInteger(),
    fc.integer(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ minLength: 250, maxLength: 260 }),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(leaf, fc.array(tie("tree"), { maxLength: 20 }), fc.dictionary(key, tie("tree"), { maxKeys: 20 })),
  }));
  return tree;
}

describe("MessagePack", () => {
  it("reads back what it wrote", () => {
    fc.assert(fc.property(value(), (value) => void expect(readMsgpack(writeMsgpack(value))).toEqual(value)));
  });

  it("is read by another implementation, and reads it", () => {
    const options = { useBigInt64: true };
    fc.assert(
      fc.property(value(), (value) => {
        expect(safe(decode(writeMsgpack(value), options))).toEqual(value);
        expect(readMsgpack(encode(value, options))).toEqual(value);
      }),
    );
  });

  it.each([
    ["the time of the standard in 4 bytes", "d6ff00000001", 1_000],
    ["in 8 bytes", "d7ff01312d0000000001", 1_005],
    ["in 12 bytes", "c70cff004c4b40ffffffffffffffff", -995],
    ["Go's", "c70c05000000000000000100000000", 1_000],
  ])("reads %s", (_what, bytes, ms) => {
    expect(readMsgpack(hex(bytes))).toEqual(new Date(ms));
  });

  it.each([
    ["nothing", "", "is cut off at byte 0"],
    ["a string that is cut off", "d9ff61", "is cut off"],
    ["a string that is no UTF-8", "a1ff", "not UTF-8"],
    ["an array of four billion", "ddffffffff00", "is cut off"],
    ["a map of four billion", "dfffffffff00", "is cut off"],
    ["bytes of four billion", "c6ffffffff00", "is cut off"],
    ["the unused byte", "c1", "has the unused byte 0xc1"],
    ["an unknown extension", "d401ff", "has the extension 1 of 1 bytes, which is no time"],
    ["a key that is an array", "8190c0", "a key that is neither text nor number"],
    ["a second value", "c0c0", "1 bytes follow its value"],
    ["a number that is cut off", "cb00", "is cut off"],
  ])("refuses %s", (_what, bytes, error) => {
    expect(() => readMsgpack(hex(bytes))).toThrow("invalid MessagePack: ");
    expect(() => readMsgpack(hex(bytes))).toThrow(error);
  });

  it("takes no memory for arrays within arrays that all claim the rest of the message", () => {
    const level = hex("dc7fff");
    const bomb = Buffer.concat([...Array.from({ length: 30_000 }, () => level), Buffer.alloc(40_000)]);
    expect(() => readMsgpack(bomb)).toThrow("nested more than 1000 deep");
    expect(() => new Reader(bomb).skip()).toThrow("is cut off");
  });

  it("passes over exactly one value, whatever it is", () => {
    fc.assert(
      fc.property(value(), value(), (value, next) => {
        const first = Buffer.from(writeMsgpack(value));
        const reader = new Reader(Buffer.concat([first, writeMsgpack(next)]));
        expect(Buffer.from(reader.skip()).equals(first)).toBe(true);
        expect(reader.value()).toEqual(next);
      }),
    );
  });

  it("answers any bytes with a value or an error of its own", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          readMsgpack(bytes);
        } catch (reason) {
          expect(String(reason)).toMatch(/^Error: invalid MessagePack: /);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("keeps a key called __proto__ a key", () => {
    const read = readMsgpack(hex("81a95f5f70726f746f5f5f81a16101")) as object;
    expect(Object.keys(read)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });
});

/** As we read: `bigint` only where a number would not be exact. */
function safe(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(safe);
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, safe(member)]));
}
