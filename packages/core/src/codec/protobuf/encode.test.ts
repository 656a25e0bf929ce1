import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadMessages } from "./messages.ts";

const { files } = JSON.parse(readFileSync(new URL("../vectors/files.json", import.meta.url), "utf8")) as {
  files: string;
};
const messages = loadMessages(files);
const hex = (name: string, value: object): string =>
  Buffer.from(messages.type<object>(name).encode(value)).toString("hex");

describe("encoding", () => {
  it.each<[what: string, name: string, value: object, error: string]>([
    ["a string", "Scalars", { aString: 5 }, "vectors.Scalars.aString: expected a string, got 5"],
    [
      "half a surrogate pair",
      "Scalars",
      { aString: "\ud800" },
      "vectors.Scalars.aString: expected a string without half surrogate pairs",
    ],
    ["a boolean", "Scalars", { aBool: "true" }, 'vectors.Scalars.aBool: expected a boolean, got "true"'],
    ["bytes", "Scalars", { someBytes: "AQ==" }, 'vectors.Scalars.someBytes: expected a Uint8Array, got "AQ=="'],
    ["a fraction", "Scalars", { anInt32: 1.5 }, "vectors.Scalars.anInt32: expected a 32-bit integer, got 1.5"],
    [
      "a large int32",
      "Scalars",
      { anInt32: 2 ** 31 },
      "vectors.Scalars.anInt32: expected a 32-bit integer, got 2147483648",
    ],
    [
      "a negative uint32",
      "Scalars",
      { aUint32: -1 },
      "vectors.Scalars.aUint32: expected an unsigned 32-bit integer, got -1",
    ],
    [
      "a large int64",
      "Scalars",
      { anInt64: 2n ** 63n },
      "vectors.Scalars.anInt64: expected a 64-bit integer, got 9223372036854775808n",
    ],
    [
      "a negative uint64",
      "Scalars",
      { aUint64: "-1" },
      'vectors.Scalars.aUint64: expected an unsigned 64-bit integer, got "-1"',
    ],
    [
      "an unsafe number",
      "Scalars",
      { anInt64: 2 ** 53 },
      "vectors.Scalars.anInt64: expected a 64-bit integer, got 9007199254740992",
    ],
    ["a number as text", "Scalars", { aDouble: "1" }, 'vectors.Scalars.aDouble: expected a number, got "1"'],
    ["a float out of range", "Scalars", { aFloat: 1e39 }, "vectors.Scalars.aFloat: expected a 32-bit float, got 1e+39"],
    [
      "an enum's name",
      "Scalars",
      { color: "COLOR_RED" },
      'vectors.Scalars.color: expected an enum number, got "COLOR_RED"',
    ],
    [
      "a nested field",
      "Tree",
      { left: { right: { name: null, others: [{}, { name: 1 }] } } },
      "vectors.Tree.left.right.others[1].name: expected a string, got 1",
    ],
    ["a message", "Tree", { left: "x" }, 'vectors.Tree.left: expected an object, got "x"'],
    ["a list", "Lists", { strings: "x" }, 'vectors.Lists.strings: expected an array, got "x"'],
    ["a list's element", "Lists", { int32s: [1, "2"] }, 'vectors.Lists.int32s[1]: expected a 32-bit integer, got "2"'],
    [
      "a hole in a list",
      "Lists",
      { strings: [undefined] },
      "vectors.Lists.strings[0]: expected a string, got undefined",
    ],
    ["a map", "Maps", { strings: [] }, "vectors.Maps.strings: expected an object, got an array"],
    ["a map's value", "Maps", { strings: { a: 1 } }, 'vectors.Maps.strings["a"]: expected a string, got 1'],
    [
      "a map's message",
      "Maps",
      { messages: { 7: { aBool: 0 } } },
      'vectors.Maps.messages["7"].aBool: expected a boolean, got 0',
    ],
    ["a map's key", "Maps", { ints: { x: 1 } }, 'vectors.Maps.ints["x"]: expected a 32-bit integer, got "x"'],
    [
      "two members of a oneof",
      "Choice",
      { text: "", number: 0n },
      "vectors.Choice.number: expected nothing, since text of the same oneof is set, got 0n",
    ],
    [
      "a missing required field",
      "old.Old",
      {},
      "vectors.old.Old.name: expected a value, since the field is required, got undefined",
    ],
  ])("names the field when %s does not fit", (_, name, value, error) => {
    const type = messages.type<object>(`vectors.${name}`);
    expect(() => type.encode(value)).toThrow(TypeError);
    expect(() => type.encode(value)).toThrow(error);
  });

  it("refuses what is no message", () => {
    for (const value of [undefined, null, "x", [], new Uint8Array(1)]) {
      expect(() => messages.type("vectors.Tree").encode(value as object)).toThrow(
        "vectors.Tree: expected an object, got ",
      );
    }
  });

  it("takes 64-bit integers as bigint, safe number and decimal text", () => {
    for (const value of [-5n, -5, "-5"]) {
      expect(hex("vectors.Scalars", { anInt64: value, aSint64: value, aSfixed64: value })).toBe(
        "20fbffffffffffffffff01400961fbffffffffffffff",
      );
    }
    const most = Number.MAX_SAFE_INTEGER;
    expect(hex("vectors.Scalars", { aUint64: most, anInt64: -most })).toBe(
      hex("vectors.Scalars", { aUint64: BigInt(most), anInt64: BigInt(-most) }),
    );
    expect(hex("vectors.Scalars", { anInt64: 0, aUint64: "0", aSint64: 0n })).toBe("");
  });

  it("takes null and undefined for not set", () => {
    expect(hex("vectors.Tree", { name: null, left: undefined, others: null })).toBe("");
    expect(hex("vectors.Maps", { strings: null, ints: { 1: undefined } })).toBe("");
  });

  it("does not take what objects inherit for a field", () => {
    expect(hex("vectors.Odd", {})).toBe("");
    expect(hex("vectors.Odd", { constructor: "c", hasOwnProperty: "h" })).toBe("2201634a0168");
  });

  it("encodes another message in the middle of one", () => {
    const inner = messages.type<object>("vectors.Tree");
    const value = {
      aString: "x".repeat(100),
      get someBytes() {
        return inner.encode({ name: "inner", left: { name: "y".repeat(20_000) } });
      },
    };
    const plain = { aString: value.aString, someBytes: value.someBytes };
    expect(hex("vectors.Scalars", value)).toBe(hex("vectors.Scalars", plain));
  });

  it("forgets a message that failed", () => {
    const before = hex("vectors.Tree", { name: "a", left: { name: "b" } });
    // More often than messages may be nested, so that levels left open by a failure would show.
    for (let i = 0; i < 200; i++) {
      expect(() => hex("vectors.Tree", { name: "long enough to be seen", left: { left: { name: 1 } } })).toThrow(
        TypeError,
      );
    }
    expect(hex("vectors.Tree", { name: "a", left: { name: "b" } })).toBe(before);
  });

  it("gives bytes that later messages do not touch", () => {
    const first = messages.type<object>("vectors.Tree").encode({ name: "first" });
    const text = Buffer.from(first).toString("hex");
    for (let i = 0; i < 1000; i++) hex("vectors.Tree", { name: `later ${i}` });
    expect(Buffer.from(first).toString("hex")).toBe(text);
  });

  it("writes messages larger than its buffer", () => {
    const type = messages.type<{ name: string; left: { name: string } }>("vectors.Tree");
    for (const length of [127, 128, 16_383, 16_384, 2 ** 21]) {
      const name = "é".repeat(length);
      expect(type.decode(type.encode({ name, left: { name } }))).toMatchObject({ name, left: { name } });
    }
  });

  it("refuses a message that contains itself", () => {
    const loop: { left?: object } = {};
    loop.left = loop;
    expect(() => hex("vectors.Tree", loop)).toThrow("nested more than 100 messages deep");
  });
});
