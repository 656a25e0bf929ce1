import { deserialize, serialize } from "bson";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bsonCodec } from "./bson-codec.ts";
import { bsonRpc } from "./bson-rpc.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const plain = bsonCodec().coder();
const framing = bsonRpc();

/** The hex of a document with these members. */
function document(members: string): string {
  const length = Buffer.alloc(4);
  length.writeInt32LE(members.replaceAll(" ", "").length / 2 + 5);
  return `${length.toString("hex")} ${members} 00`;
}

function key(): fc.Arbitrary<string> {
  // The other implementation takes some keys that begin otherwise for types of its own.
  return fc.string({ unit: "grapheme" }).map((text) => `k${text.replaceAll("\0", "")}`);
}

function tree(): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.double(),
    fc.maxSafeInteger(),
    fc.integer(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array(),
    fc.date({ noInvalidDate: true }),
  );
  return fc.letrec((tie) => ({
    tree: fc.oneof(leaf, fc.array(tie("tree")), fc.dictionary(key(), tie("tree"))),
  })).tree;
}

// A request with the id 7 for A.B, without value.
const head = framing.write({ kind: "request", id: "7", method: "A.B", body: hex("") });

describe("BSON", () => {
  it("reads back plain values", () => {
    fc.assert(fc.property(tree(), (value) => void expect(plain.decode(plain.encode(value))).toEqual(value)));
  });

  it("is read by another implementation, and reads it", () => {
    const options = { promoteBuffers: true, useBigInt64: true };
    fc.assert(
      fc.property(fc.dictionary(key(), tree()), (value) => {
        expect(safe(deserialize(plain.encode(value), options))).toEqual(value);
        expect(plain.decode(serialize(value))).toEqual(value);
      }),
    );
  });

  it("answers any bytes with a value or an error of its own", () => {
    const document = fc.uint8Array({ maxLength: 40 }).map((rest) => {
      const bytes = Buffer.concat([Buffer.alloc(4), rest, Buffer.alloc(1)]);
      bytes.writeInt32LE(bytes.length);
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(document, fc.uint8Array({ maxLength: 20 })), (bytes) => {
        try {
          plain.decode(bytes);
        } catch (reason) {
          expect(String(reason)).toMatch(/^Error: invalid BSON: /);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("refuses a document nested without end, both ways", () => {
    const depth = 100_000;
    const levels = Array.from({ length: depth }, (_, i) => {
      const level = Buffer.from([0, 0, 0, 0, 3, 0]);
      level.writeInt32LE((depth - i) * 7 + 5);
      return level;
    });
    expect(() => plain.decode(Buffer.concat([...levels, hex("0500000000"), Buffer.alloc(depth)]))).toThrow(
      "invalid BSON",
    );
    let deep: unknown = {};
    for (let i = 0; i < 1_000; i++) deep = { deep };
    expect(() => plain.encode(deep)).toThrow("nested more than 200 deep");
  });

  it.each([
    ["nothing", "00", "cut off"],
    ["a negative length", "ffffffff 00", "claims -1 bytes"],
    ["bytes after the document", "05000000 00 00", "1 bytes follow the document"],
    ["a document without end", "05000000 08", "a key is cut off"],
    ["an early end", "06000000 00 00", "a document ends 1 bytes before its length"],
    ["a key that is cut off", "07000000 0a 6161", "a key is cut off"],
    ["a key that is not UTF-8", document("0a ff00"), "a string is not UTF-8"],
    ["a string without length", document("02 6100 00000000"), "a string claims 0 bytes"],
    ["a string that lies", document("02 6100 ffffff7f"), "cut off"],
    ["a string without zero", document("02 6100 01000000 61"), "does not end in a zero byte"],
    ["binary of negative length", document("05 6100 ffffffff 00"), "binary claims -1 bytes"],
    ["a document that leaves its own", document("03 6100 07000000 00"), "a document claims 7 bytes, 6 are left"],
    ["an ObjectId", document("07 6100 000000000000000000000000"), "the type 0x7 is unknown"],
  ])("refuses %s", (_what, bytes, error) => {
    expect(() => plain.decode(hex(bytes))).toThrow(error);
    expect(() => plain.decode(hex(bytes))).toThrow("invalid BSON: ");
  });

  it("keeps keys that mean something elsewhere", () => {
    const read = plain.decode(hex(document("0a 5f5f70726f746f5f5f00 0a 6100"))) as object;
    expect(Object.keys(read)).toEqual(["__proto__", "a"]);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });
});

describe("bson-rpc", () => {
  it("ends an error after its head", () => {
    const message = framing.write({ kind: "response", id: "7", method: "A.B", error: "no", body: hex("0500000000") });
    expect(message.length).toBe(new DataView(message.buffer, message.byteOffset).getInt32(0, true));
    expect(framing.read(message, "response")).toEqual({
      kind: "response",
      id: "7",
      method: "A.B",
      error: "no",
      body: hex(""),
    });
  });

  it("reads no bytes as a frame that says nothing", () => {
    expect(framing.read(hex(""), "request")).toEqual({ kind: "request", id: "", method: "", body: hex("") });
  });

  it("reads heads in plain BSON, with names in lower case too", () => {
    const other = plain.encode({ servicemethod: "A.B", seq: "7" });
    expect(framing.read(other, "request")).toMatchObject({ id: "7", method: "A.B" });
  });

  it("reads a message that lies in the middle of others", () => {
    const around = Buffer.concat([hex("ff"), head, hex("0500000000"), hex("ff")]);
    expect(framing.read(Uint8Array.from(around).subarray(1, -1), "request")).toMatchObject({
      id: "7",
      method: "A.B",
      body: hex("0500000000"),
    });
  });

  it.each([
    ["a head that is cut off", hex("05000000"), "is cut off: 4 bytes"],
    ["a head that lies", hex("ff00000000"), "the head of a bson-rpc request claims 255 bytes, 5 are left"],
    ["a head of negative length", hex("ffffffff00"), "claims -1 bytes"],
    ["a number as id", plain.encode({ Seq: 7 }), "expected a string as Seq, got number"],
    [
      "a value that lies",
      Buffer.concat([head, hex("0600000000")]),
      "the value of a bson-rpc request claims 6 bytes, 5 are left",
    ],
    ["bytes after the value", Buffer.concat([head, hex("050000000000")]), "1 bytes after the value"],
  ])("refuses %s", (_what, message, error) => {
    expect(() => framing.read(message, "request")).toThrow(error);
  });
});

/** As we read: `bigint` only where a number would not be exact, bytes as `Uint8Array`. */
function safe(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(safe);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, safe(member)]));
}
