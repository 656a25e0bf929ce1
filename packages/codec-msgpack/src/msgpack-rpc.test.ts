import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { msgpackRpc } from "./msgpack-rpc.ts";

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex");
const framing = msgpackRpc();
const { kind, id, method, body } = framing.read(hex("94 00 07 a3412e42 91 80"), "request");

describe("msgpack-rpc", () => {
  it("answers an id that is a number with the same number", () => {
    expect({ kind, id, method }).toEqual({ kind: "request", id: "7", method: "A.B" });
    const reply = framing.write({ kind: "response", id, method, wireId: 7, body });
    expect(Buffer.from(reply).toString("hex")).toBe("940107c080");
  });

  it("reads no bytes as a frame that says nothing", () => {
    expect(framing.read(hex(""), "response")).toEqual({
      kind: "response",
      id: "",
      method: "",
      body: new Uint8Array(0),
    });
  });

  it("reads a message that lies in the middle of others", () => {
    expect(framing.read(hex("ff 94 00 07 a3412e42 91 80 ff").subarray(1, -1), "request").method).toBe("A.B");
  });

  it.each([
    ["no array", "80", "msgpack-rpc request is no array"],
    ["another type", "94 01 a137 a141 90", "expected its type 0, got an array of 4 with 1 first"],
    ["another size", "93 00 a137 a141", "expected its type 0, got an array of 3 with 0 first"],
    ["an id of another type", "94 00 c0 a141 90", "the id is neither a string nor a number"],
    ["a method of another type", "94 00 a137 01 90", "the method is no string"],
    ["params that are no array", "94 00 a137 a141 80", "params of A is no array"],
    ["two params", "94 00 a137 a141 92 01 02", "params holds 2 values, expected one"],
    ["a body that is cut off", "94 00 a137 a141 91 82 01", "is cut off"],
    ["bytes after it", "94 00 a137 a141 90 01", "1 bytes follow its value"],
  ])("refuses a request with %s", (_what, message, error) => {
    expect(() => framing.read(hex(message), "request")).toThrow(error);
  });

  it("refuses a response with an error of another type", () => {
    expect(() => framing.read(hex("94 01 a137 01 c0"), "response")).toThrow("neither a string nor nil");
  });

  it("answers any bytes with a frame or an error", () => {
    const start = fc.constantFrom("", "9400", "9401", "9302", "9400a137", "9401a137c0");
    const kinds = fc.constantFrom("request", "response", "event");
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 30 }), kinds, (start, rest, kind) => {
        const message = Buffer.concat([hex(start), rest]);
        try {
          expect(framing.read(message, kind).body.length).toBeLessThanOrEqual(message.length);
        } catch (reason) {
          expect(String(reason)).toMatch(/MessagePack|msgpack-rpc/);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
