import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { huffmanDecode, huffmanEncode, huffmanLength } from "./huffman.ts";

const latin1 = fc.array(fc.integer({ min: 0, max: 255 })).map((bytes) => String.fromCharCode(...bytes));

function encode(text: string): Buffer {
  const out = Buffer.alloc(text.length * 4 + 4);
  return out.subarray(0, huffmanEncode(text, out, 0));
}

function decode(bytes: Buffer): string {
  const out = Buffer.alloc(bytes.length * 2 + 2);
  return out.toString("latin1", 0, huffmanDecode(bytes, 0, bytes.length, out));
}

describe("huffman", () => {
  // RFC 7541 appendix C.4 and C.6.
  it.each([
    ["www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"],
    ["no-cache", "a8eb10649cbf"],
    ["302", "6402"],
    ["Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff"],
    [
      "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
      "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
    ],
  ])("codes %s as the RFC does", (text, hex) => {
    expect(encode(text).toString("hex")).toBe(hex);
    expect(decode(Buffer.from(hex, "hex"))).toBe(text);
  });

  it("gives every text back and knows the length beforehand", () => {
    fc.assert(
      fc.property(latin1, (text) => {
        const coded = encode(text);
        expect(coded.length).toBe(huffmanLength(text));
        expect(decode(coded)).toBe(text);
      }),
    );
  });

  it.each([
    ["padding of zeros", "64"],
    ["a whole byte of padding", "6402ff"],
    ["the end-of-string symbol", "fffffffc"],
    ["a code cut off", "ff"],
  ])("refuses %s", (_, hex) => {
    expect(() => decode(Buffer.from(hex, "hex"))).toThrow(/Huffman/);
  });

  it("answers any bytes with text or a fault, never more text than the bytes can hold", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const out = Buffer.alloc(Math.ceil((bytes.length * 8) / 5));
        try {
          expect(huffmanDecode(bytes, 0, bytes.length, out)).toBeLessThanOrEqual(out.length);
        } catch (reason) {
          expect((reason as Error).message).toMatch(/Huffman/);
        }
      }),
    );
  });
});
