import { codecConformance } from "@micro/conformance";
import { msgpackCodec } from "../src/index.ts";
import { messages, vectors } from "./vectors.ts";

const scalars = messages.type("vectors.Scalars");
const framed = Buffer.from("9400a137ad477265657465722e48656c6c6f91", "hex");

codecConformance("msgpackCodec of messages", {
  codec: msgpackCodec(),
  samples: [
    ...vectors
      .filter(({ kind, id, message }) => kind === "request" && id === "7" && message && message !== "vectors.Tree")
      .map(({ what, message = "", value = "", hex }) => ({
        what,
        type: messages.type(message),
        value: messages.type(message).decode(Buffer.from(value, "hex")),
        bytes: Buffer.from(hex, "hex").subarray(framed.length),
      })),
    ...["vectors.Tree", "vectors.Maps", "vectors.Choice", "vectors.Odd"].map((name) => ({
      what: `an empty ${name}`,
      type: messages.type(name),
      value: messages.type(name).decode(new Uint8Array(0)),
    })),
  ],
  malformed: [
    { what: "a cut string", type: scalars, given: Uint8Array.of(0xa5, 0x61) },
    { what: "an array", type: scalars, given: Uint8Array.of(0x90) },
    { what: "a wrong type", type: scalars, given: msgpackCodec().coder().encode({ an_int32: "x" }), names: "anInt32" },
    { what: "two values", type: scalars, given: Uint8Array.of(0x80, 0x80) },
  ],
  misfits: [
    { what: "a string for a number", type: scalars, given: { anInt32: "x" }, names: "anInt32" },
    { what: "a number beyond 32 bits", type: scalars, given: { anInt32: 2 ** 31 }, names: "anInt32" },
  ],
});

codecConformance("msgpackCodec of plain values", {
  codec: msgpackCodec({ contentType: "application/x-msgpack" }),
  samples: [
    { what: "null", value: null, bytes: Uint8Array.of(0xc0) },
    { what: "an object", value: { a: [1, "ü", true, null, 1.5], b: {} } },
    { what: "bytes", value: Uint8Array.of(1, 2), bytes: Uint8Array.of(0xc4, 2, 1, 2) },
    { what: "more digits than a number has", value: [2n ** 63n, -(2n ** 63n)] },
    { what: "a time", value: new Date(-1) },
  ],
  malformed: [{ what: "the byte that stands for nothing", given: Uint8Array.of(0xc1) }],
  misfits: [
    { what: "a function", given: { a: [() => 0] }, names: "a[0]: a function" },
    { what: "65 bits", given: { n: 2n ** 64n }, names: "n: " },
    { what: "no date", given: { at: new Date(Number.NaN) }, names: "at: " },
    { what: "a key that is no string", given: { m: new Map([[1, 2]]) }, names: "m: keys are strings" },
  ],
});
