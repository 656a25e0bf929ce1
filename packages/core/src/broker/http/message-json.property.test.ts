import fc from "fast-check";
import { expect, it } from "vitest";
import { metadata } from "../../words/metadata.ts";
import { decodeMessage, encodeMessage } from "./message-json.ts";

const key = fc.stringMatching(/^[a-z0-9-]{1,12}$/);

it("any message is read as it was written", () => {
  fc.assert(
    fc.property(fc.dictionary(key, fc.string({ unit: "binary" })), fc.uint8Array(), (headers, body) => {
      const read = decodeMessage(encodeMessage({ headers, body }), 1_000);
      expect({ ...read.headers }).toEqual({ ...metadata(headers) });
      expect(Buffer.from(read.body)).toEqual(Buffer.from(body));
    }),
  );
});

it("any bytes are a message, or are refused with an error in words", () => {
  const near = fc
    .record({ Header: fc.jsonValue(), Body: fc.jsonValue(), header: fc.jsonValue() }, { requiredKeys: [] })
    .map((value) => Buffer.from(JSON.stringify(value)));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
        near,
      ),
      (bytes) => {
        try {
          const { headers, body } = decodeMessage(bytes, 10);
          expect(Object.values(headers).every((value) => typeof value === "string")).toBe(true);
          expect(body).toBeInstanceOf(Uint8Array);
        } catch (reason) {
          expect(reason).toBeInstanceOf(Error);
          expect((reason as Error).message).not.toMatch(/undefined|is not a function|Cannot read/);
        }
      },
    ),
    { numRuns: 500 },
  );
});
