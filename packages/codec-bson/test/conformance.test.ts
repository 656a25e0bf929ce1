import { codecConformance } from "@micro/conformance";
import { bsonCodec } from "../src/index.ts";
import { messages, vectors } from "./vectors.ts";

const scalars = messages.type("vectors.Scalars");
// The head of a request with the id 7 for Greeter.Hello.
const headBytes = 0x31;

codecConformance("bsonCodec of messages", {
  codec: bsonCodec(),
  samples: [
    ...vectors
      .filter(
        ({ kind, id, method, message }) =>
          kind === "request" && id === "7" && method.startsWith("G") && message !== "vectors.Optionals",
      )
      .map(({ what, message = "", value = "", hex }) => ({
        what,
        type: messages.type(message),
        value: messages.type(message).decode(Buffer.from(value, "hex")),
        bytes: Buffer.from(hex, "hex").subarray(headBytes),
      })),
    ...["vectors.Scalars", "vectors.Maps", "vectors.Choice", "vectors.Odd", "vectors.Optionals"].map((name) => ({
      what: `an empty ${name}`,
      type: messages.type(name),
      value: messages.type(name).decode(new Uint8Array(0)),
    })),
  ],
  malformed: [
    { what: "a cut document", type: scalars, given: Uint8Array.of(6, 0, 0, 0, 0) },
    { what: "a wrong type", type: scalars, given: bsonCodec().coder().encode({ AnInt32: "x" }), names: "anInt32" },
    {
      what: "a string that is not UTF-8",
      type: scalars,
      given: bsonCodec()
        .coder()
        .encode({ AString: Uint8Array.of(0xff) }),
    },
  ],
  misfits: [
    { what: "a string for a number", type: scalars, given: { anInt32: "x" }, names: "anInt32" },
    { what: "a number beyond 32 bits", type: scalars, given: { anInt32: 2 ** 31 }, names: "anInt32" },
  ],
});

codecConformance("bsonCodec of plain values", {
  codec: bsonCodec({ contentType: "application/x-bson" }),
  samples: [
    { what: "null", value: null },
    { what: "a number", value: 7, bytes: Buffer.from("10000000105f56616c5f000700000000", "hex") },
    { what: "an object", value: { a: [1, "ü", true, null, 1.5, -0], b: {}, c: 2 ** 40 } },
    { what: "an array", value: [1, [2]] },
    { what: "bytes", value: { b: Uint8Array.of(1, 2) } },
    { what: "more digits than a number has", value: [2n ** 62n, -(2n ** 63n)] },
    { what: "a time", value: new Date(-1) },
    { what: "an odd key", value: { $ref: "a", _bsontype: "b", "": 1, "1": 2 } },
  ],
  malformed: [{ what: "bytes after the document", given: Uint8Array.of(5, 0, 0, 0, 0, 0) }],
  misfits: [
    { what: "a function", given: { a: [() => 0] }, names: "a.0: a function" },
    { what: "65 bits", given: { n: 2n ** 64n }, names: "n: " },
    { what: "no date", given: { at: new Date(Number.NaN) }, names: "at: " },
    { what: "a key with a zero byte", given: { m: { "a\0b": 1 } }, names: "m: a key with a zero byte" },
    { what: "a key that is no string", given: { m: new Map([[1, 2]]) }, names: "m: keys are strings" },
  ],
});
