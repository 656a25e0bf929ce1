import { expect } from "vitest";
import type { Case } from "../suite.ts";
import type { CodecHarness } from "./harness.ts";

/** Every promise of `Codec`. */
export const codecCases: readonly Case<CodecHarness>[] = [
  {
    name: "answers to content types in lower case and without parameters",
    async run({ codec }) {
      expect(codec.contentTypes.length).toBeGreaterThan(0);
      for (const contentType of codec.contentTypes) expect(contentType).toMatch(/^[a-z]+\/[a-z0-9+.-]+$/);
    },
  },
  {
    name: "reads back what it wrote",
    async run({ codec, samples }) {
      for (const { what, type, value } of samples) {
        const coder = codec.coder(type);
        expect(coder.decode(coder.encode(value)), what).toEqual(value);
      }
    },
  },
  {
    name: "writes the bytes that others write, and reads theirs",
    skip: ({ samples }) => (samples.some((sample) => sample.bytes) ? undefined : "no bytes of others are known"),
    async run({ codec, samples }) {
      for (const { what, type, value, bytes } of samples) {
        if (!bytes) continue;
        const coder = codec.coder(type);
        expect(hex(coder.encode(value)), what).toBe(hex(bytes));
        expect(coder.decode(bytes), what).toEqual(value);
      }
    },
  },
  {
    name: "writes and reads a message with every field left out",
    skip: needsTypes,
    async run({ codec, samples }) {
      for (const { what, type } of samples) {
        if (!type) continue;
        const coder = codec.coder(type);
        expect(coder.decode(coder.encode({})), what).toEqual(type.decode(new Uint8Array(0)));
      }
    },
  },
  {
    name: "writes the same bytes for the same value each time, whatever it wrote in between",
    async run({ codec, samples }) {
      const coders = samples.map(({ type }) => codec.coder(type));
      const first = samples.map(({ value }, i) => coders[i]?.encode(value) ?? new Uint8Array(0));
      const before = first.map(hex);
      const second = samples.map(({ value }, i) => hex(coders[i]?.encode(value) ?? new Uint8Array(0)));
      expect(second).toEqual(before);
      // What was written may still be on its way when the next message is: a shared buffer would change it.
      expect(first.map(hex)).toEqual(before);
    },
  },
  {
    name: "leaves the value and the bytes that it is given alone",
    async run({ codec, samples }) {
      for (const { what, type, value } of samples) {
        const coder = codec.coder(type);
        const copy = structuredClone(value);
        const bytes = coder.encode(value);
        expect(value, what).toEqual(copy);
        const written = hex(bytes);
        coder.decode(bytes);
        expect(hex(bytes), what).toBe(written);
      }
    },
  },
  {
    name: "gives values that stay when the bytes they were read from are written over",
    skip: ({ passesBytes }) => (passesBytes ? "values are the bytes themselves" : undefined),
    async run({ codec, samples }) {
      for (const { what, type, value } of samples) {
        const coder = codec.coder(type);
        const bytes = Uint8Array.from(coder.encode(value));
        const read = coder.decode(bytes);
        bytes.fill(0xff);
        expect(read, what).toEqual(value);
      }
    },
  },
  {
    name: "reads bytes that lie in the middle of others",
    async run({ codec, samples }) {
      for (const { what, type, value } of samples) {
        const coder = codec.coder(type);
        const bytes = coder.encode(value);
        const around = new Uint8Array(bytes.length + 10).fill(0x7b);
        around.set(bytes, 5);
        expect(coder.decode(around.subarray(5, 5 + bytes.length)), what).toEqual(value);
      }
    },
  },
  {
    name: "refuses bytes that are none of its messages",
    skip: ({ malformed }) => (malformed.length > 0 ? undefined : "any bytes will do"),
    async run({ codec, malformed }) {
      for (const { what, type, given, names } of malformed) {
        const read = (): unknown => codec.coder(type).decode(given);
        expect(read, what).toThrow(Error);
        if (names !== undefined) expect(read, what).toThrow(names);
      }
    },
  },
  {
    name: "refuses a value that does not fit with a TypeError that names the field",
    skip: ({ misfits }) => (misfits.length > 0 ? undefined : "any value will do"),
    async run({ codec, misfits }) {
      for (const { what, type, given, names } of misfits) {
        const write = (): unknown => codec.coder(type).encode(given);
        expect(write, what).toThrow(TypeError);
        if (names !== undefined) expect(write, what).toThrow(names);
      }
    },
  },
];

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function needsTypes({ samples }: CodecHarness): string | undefined {
  return samples.some((sample) => sample.type) ? undefined : "the codec knows no messages";
}
