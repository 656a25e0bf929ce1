import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadMessages } from "./messages.ts";

const { files } = JSON.parse(readFileSync(new URL("../vectors/files.json", import.meta.url), "utf8")) as {
  files: string;
};
const messages = loadMessages(files);
const decode = (name: string, hex: string): Record<string, unknown> =>
  messages.type<Record<string, unknown>>(name).decode(Buffer.from(hex, "hex"));

function nested(levels: number): Buffer {
  let bytes = Buffer.alloc(0);
  for (let i = 1; i < levels; i++) {
    const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
    bytes = Buffer.concat([Buffer.from([0x12, ...length]), bytes]);
  }
  return bytes;
}

describe("decoding", () => {
  it("gives plain objects with all fields, in the order of the proto file", () => {
    const message = decode("vectors.Scalars", "");
    expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
    expect(Object.entries(message)).toEqual([
      ["aDouble", 0],
      ["aFloat", 0],
      ["anInt32", 0],
      ["anInt64", 0n],
      ["aUint32", 0],
      ["aUint64", 0n],
      ["aSint32", 0],
      ["aSint64", 0n],
      ["aFixed32", 0],
      ["aFixed64", 0n],
      ["aSfixed32", 0],
      ["aSfixed64", 0n],
      ["aBool", false],
      ["aString", ""],
      ["someBytes", new Uint8Array(0)],
      ["color", 0],
      ["far", ""],
    ]);
  });

  it("gives fields with presence as undefined until they are set", () => {
    expect(decode("vectors.Tree", "")).toStrictEqual({ name: "", left: undefined, right: undefined, others: [] });
    expect(decode("vectors.Optionals", "0900000000000000002000").aDouble).toBe(0);
    expect(Object.keys(decode("vectors.Choice", "1005"))).toEqual(Object.keys(decode("vectors.Choice", "2a0161")));
  });

  it("makes lists and maps anew for each message", () => {
    const first = decode("vectors.Tree", "");
    (first.others as unknown[]).push("mine");
    expect(decode("vectors.Tree", "").others).toEqual([]);
    (decode("vectors.Maps", "").strings as Record<string, string>).mine = "mine";
    expect(decode("vectors.Maps", "").strings).toEqual({});
  });

  it("copies bytes out of the input", () => {
    const input = Buffer.from("7a0401020304", "hex");
    const { someBytes } = messages.type<{ someBytes: Uint8Array }>("vectors.Scalars").decode(input);
    input.fill(9);
    expect(someBytes).toStrictEqual(new Uint8Array([1, 2, 3, 4]));
  });

  it("views bytes in what is owned, but copies a few out of much", () => {
    const { decodeOwned } = messages.type<{ someBytes: Uint8Array }>("vectors.Scalars");
    const small = Buffer.from("7a0401020304", "hex");
    expect(decodeOwned?.(small).someBytes.buffer).toBe(small.buffer);
    const large = Buffer.alloc(100_000);
    small.copy(large, 500);
    const { someBytes = new Uint8Array() } = decodeOwned?.(large.subarray(500, 506)) ?? {};
    expect(someBytes).toStrictEqual(new Uint8Array([1, 2, 3, 4]));
    expect(someBytes.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
  });

  it("reads a part of a larger array", () => {
    const around = new Uint8Array([9, 9, 0x0a, 2, 0x61, 0x62, 9, 9]).subarray(2, 6);
    expect(messages.type<{ name: string }>("vectors.Tree").decode(around).name).toBe("ab");
  });

  it("takes __proto__ for a key like any other", () => {
    const { strings } = decode("vectors.Maps", "0a100a095f5f70726f746f5f5f1203626164") as {
      strings: Record<string, string>;
    };
    expect(Object.entries(strings)).toEqual([["__proto__", "bad"]]);
    expect(Object.getPrototypeOf(strings)).toBe(Object.prototype);
  });

  it("reads messages nested 100 deep and no deeper", () => {
    const tree = messages.type("vectors.Tree");
    expect(() => tree.decode(nested(100))).not.toThrow();
    expect(() => tree.decode(nested(101))).toThrow("vectors.Tree: messages nested more than 100 deep");
  });

  it("skips groups nested 100 deep and no deeper", () => {
    const groups = (depth: number): Buffer =>
      Buffer.concat([Buffer.alloc(depth * 2, "a306", "hex"), Buffer.alloc(depth * 2, "a406", "hex")]);
    const tree = messages.type("vectors.Tree");
    expect(() => tree.decode(groups(99))).not.toThrow();
    expect(() => tree.decode(groups(5000))).toThrow("messages nested more than 100 deep");
  });

  it.each([
    ["720261", "vectors.Scalars: the message is cut off at byte 1"],
    ["7201ff", "vectors.Scalars: string is not UTF-8 at byte 2"],
    ["1e", "vectors.Scalars: unknown wire type 6 at byte 1"],
    ["0001", "vectors.Scalars: field number out of range at byte 0"],
  ])("says what is wrong with the bytes %s", (hex, error) => {
    expect(() => decode("vectors.Scalars", hex)).toThrow(error);
  });
});
