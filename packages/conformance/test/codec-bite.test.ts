import type { Codec, Coder } from "@micro/core";
import { type CodecHarness, codecCases } from "../src/index.ts";
import { bites, type Fault } from "./bite.ts";
import { codecHarnesses } from "./codec-harnesses.ts";

interface CodecFault extends Fault {
  /** One method of each coder, or the codec itself, wrong on purpose. */
  readonly breaks: (sound: Coder) => Partial<Coder>;
  readonly codec?: Partial<Codec>;
}

const faults: readonly CodecFault[] = [
  {
    does: "answers to a content type with parameters",
    breaks: () => ({}),
    codec: { contentTypes: ["application/JSON; charset=utf-8"] },
    failing: ["answers to content types in lower case and without parameters"],
  },
  {
    does: "drops a field",
    breaks: (sound) => ({
      encode: (value) => sound.encode({ ...Object(value), aString: "", name: "", strings: [] }),
    }),
    failing: ["reads back what it wrote", "writes the bytes that others write, and reads theirs"],
  },
  {
    does: "writes a byte more than others",
    breaks: (sound) => ({ encode: (value) => Buffer.concat([sound.encode(value), Uint8Array.of(0xf8, 0x3f, 0)]) }),
    failing: ["writes the bytes that others write, and reads theirs"],
  },
  {
    does: "wants every field",
    breaks: (sound) => ({
      encode(value) {
        if (Object.keys(Object(value)).length === 0) throw new TypeError("name is missing");
        return sound.encode(value);
      },
    }),
    failing: ["writes and reads a message with every field left out"],
  },
  {
    does: "writes into the same buffer each time",
    breaks: (sound) => ({
      encode(value) {
        const bytes = sound.encode(value);
        shared.set(bytes);
        return shared.subarray(0, bytes.length);
      },
    }),
    failing: ["writes the same bytes for the same value each time, whatever it wrote in between"],
  },
  {
    does: "changes what it is given",
    breaks: (sound) => ({
      encode(value) {
        const bytes = sound.encode(value);
        Object(value).aString = "changed";
        return bytes;
      },
    }),
    failing: ["leaves the value and the bytes that it is given alone"],
  },
  {
    does: "reads strings when they are looked at",
    breaks: (sound) => ({
      decode(bytes) {
        const read = Object(sound.decode(bytes));
        if ("aString" in read)
          Object.defineProperty(read, "aString", { get: () => Object(sound.decode(bytes)).aString, enumerable: true });
        return read;
      },
    }),
    failing: ["gives values that stay when the bytes they were read from are written over"],
  },
  {
    does: "reads the whole buffer that the bytes lie in",
    breaks: (sound) => ({ decode: (bytes) => sound.decode(new Uint8Array(bytes.buffer)) }),
    failing: ["reads bytes that lie in the middle of others"],
  },
  {
    does: "takes malformed bytes for the empty message",
    breaks: (sound) => ({
      decode(bytes) {
        try {
          return sound.decode(bytes);
        } catch {
          return sound.decode(new Uint8Array(0));
        }
      },
    }),
    failing: ["refuses bytes that are none of its messages"],
  },
  {
    does: "does not say which field does not fit",
    breaks: (sound) => ({
      encode(value) {
        try {
          return sound.encode(value);
        } catch {
          throw new TypeError("the value does not fit");
        }
      },
    }),
    failing: ["refuses a value that does not fit with a TypeError that names the field"],
  },
];

const shared = new Uint8Array(1 << 16);

bites("the codec suite", codecCases, faults, ({ breaks, codec }) => {
  const harness = codecHarnesses.protobufCodec as CodecHarness;
  return {
    ...harness,
    codec: {
      ...harness.codec,
      coder(type) {
        const sound = harness.codec.coder(type);
        return { ...sound, ...breaks(sound) };
      },
      ...codec,
    },
  };
});
