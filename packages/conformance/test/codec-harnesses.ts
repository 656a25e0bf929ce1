import { readFileSync } from "node:fs";
import { bytesCodec, jsonCodec, loadMessages, protobufCodec } from "@micro/core";
import type { CodecHarness, CodecSample } from "../src/index.ts";

/** What Go wrote for one message. */
interface Vector {
  readonly name: string;
  readonly type: string;
  readonly hex: string;
}

const messages = loadMessages(vectors<{ files: string }>("files").files);
const scalars = messages.type("vectors.Scalars");
const written = vectors<Vector[]>("messages").filter(({ type }) => /Scalars|Lists|Tree|Optionals|Person/.test(type));
const samples: readonly CodecSample[] = written.map(({ name, type, hex }) => {
  const bytes = Buffer.from(hex, "hex");
  return { what: name, type: messages.type(type), value: messages.type(type).decode(bytes), bytes };
});
const misfits: CodecHarness["misfits"] = [
  { what: "a string for a number", type: scalars, given: { anInt32: "x" }, names: "anInt32" },
  { what: "a number beyond 32 bits", type: scalars, given: { anInt32: 2 ** 31 }, names: "anInt32" },
  { what: "a number for bytes", type: scalars, given: { someBytes: 7 }, names: "someBytes" },
];

/** The codecs of the framework. */
export const codecHarnesses: Readonly<Record<string, CodecHarness>> = {
  protobufCodec: {
    codec: protobufCodec,
    samples,
    malformed: [
      { what: "a cut varint", type: scalars, given: Uint8Array.of(0x18, 0xff) },
      { what: "a length beyond the end", type: scalars, given: Uint8Array.of(0x72, 5, 0x61) },
      { what: "no UTF-8", type: scalars, given: Uint8Array.of(0x72, 1, 0xff) },
    ],
    misfits,
  },
  "jsonCodec of messages": {
    codec: jsonCodec({ unknownFields: "refuse" }),
    samples: samples
      .filter(({ what }) => what !== "scalars minus zero") // JavaScript's JSON has no minus zero
      .map(({ what, type, value }) => ({ what, value, ...(type && { type }) })),
    malformed: [
      { what: "no JSON", type: scalars, given: Buffer.from("{") },
      { what: "another shape", type: scalars, given: Buffer.from("[1]") },
      { what: "a wrong type", type: scalars, given: Buffer.from('{"an_int32":"x"}'), names: "anInt32" },
      { what: "an unknown field", type: scalars, given: Buffer.from('{"nothing":1}'), names: "nothing" },
    ],
    misfits,
  },
  "jsonCodec of plain values": {
    codec: jsonCodec(),
    samples: [
      { what: "null", value: null, bytes: Buffer.from("null") },
      { what: "an object", value: { a: [1, "ü", true, null] }, bytes: Buffer.from('{"a":[1,"ü",true,null]}') },
      { what: "more digits than a number has", value: 2n ** 63n, bytes: Buffer.from("9223372036854775808") },
    ],
    malformed: [{ what: "no JSON", given: Buffer.from("{") }],
    misfits: [],
  },
  bytesCodec: {
    codec: bytesCodec,
    samples: [
      { what: "bytes", value: Uint8Array.of(0, 255), bytes: Uint8Array.of(0, 255) },
      { what: "no bytes", value: Uint8Array.of(), bytes: Uint8Array.of() },
    ],
    malformed: [],
    misfits: [{ what: "text", given: "text", names: "Uint8Array" }],
    passesBytes: true,
  },
};

function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../core/src/codec/vectors/${name}.json`, import.meta.url), "utf8"));
}
