import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatJson, parseJson } from "../json-text.ts";
import { loadMessages } from "./messages.ts";

// Made by Go: google.golang.org/protobuf 1.36.6, generated code, deterministic marshalling; protojson; encoding/json.

interface MessageVector {
  name: string;
  type: string;
  hex: string;
  /** protojson. */
  json: unknown;
  /** protojson with proto names. */
  proto: unknown;
  /** encoding/json of the generated struct, where Go's own readers accept it. */
  struct?: unknown;
}

interface BytesVector {
  name: string;
  type: string;
  hex: string;
  /** The same message as Go writes it. */
  means: string;
}

interface MalformedVector {
  name: string;
  type: string;
  hex: string;
  error: string;
}

interface TextVector {
  name: string;
  type: string;
  text: string;
  means?: string;
  error?: string;
}

function vectors<T>(file: string): T {
  return parseJson(readFileSync(new URL(`../vectors/${file}.json`, import.meta.url))) as T;
}

const messages = loadMessages(vectors<{ files: string }>("files").files);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (text: string): Uint8Array => Buffer.from(text, "hex");
/** JSON as every reader sees it: text, with object keys in a fixed order. */
const canonical = (json: unknown): string => formatJson(sorted(json));

function sorted(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sorted);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, sorted(value)]),
  );
}

describe("messages that Go wrote", () => {
  describe.each(vectors<MessageVector[]>("messages"))("$name", (vector) => {
    const type = messages.type<object>(vector.type);

    it("decode and encode to the same bytes", () => {
      expect(hex(type.encode(type.decode(bytes(vector.hex))))).toBe(vector.hex);
    });

    it("become Go's JSON in each spelling", () => {
      const message = type.decode(bytes(vector.hex));
      expect(canonical(type.toJson(message))).toBe(canonical(vector.json));
      expect(canonical(type.toJson(message, { names: "proto" }))).toBe(canonical(vector.proto));
      if (vector.struct !== undefined) {
        expect(canonical(type.toJson(message, { structTags: true }))).toBe(canonical(vector.struct));
      }
    });

    it("come back from Go's JSON in each spelling", () => {
      for (const json of [vector.json, vector.proto, ...(vector.struct === undefined ? [] : [vector.struct])]) {
        expect(hex(type.encode(type.fromJson(json)))).toBe(vector.hex);
      }
    });

    it("have the same shape from bytes and from JSON", () => {
      const fromBytes = type.decode(bytes(vector.hex));
      const fromJson = type.fromJson(vector.json);
      expect(fromJson).toStrictEqual(fromBytes);
      expect(Object.keys(fromJson)).toEqual(Object.keys(fromBytes));
    });
  });
});

describe("bytes that Go reads but does not write", () => {
  it.each(vectors<BytesVector[]>("variants"))("$name", ({ type: name, hex: input, means }) => {
    const type = messages.type<object>(name);
    expect(hex(type.encode(type.decode(bytes(input))))).toBe(means);
  });
});

describe("bytes that Go refuses", () => {
  it.each(vectors<MalformedVector[]>("malformed"))("$name", ({ type: name, hex: input }) => {
    const type = messages.type(name);
    expect(() => type.decode(bytes(input))).toThrow(new RegExp(`^${name}: .`));
  });
});

describe("JSON as Go reads it", () => {
  const texts = vectors<TextVector[]>("json-texts");

  it.each(texts.filter(({ means }) => means !== undefined))("$name", ({ type: name, text, means }) => {
    const type = messages.type<object>(name);
    expect(hex(type.encode(type.fromJson(parseJson(Buffer.from(text)))))).toBe(means);
  });

  it.each(texts.filter(({ error }) => error !== undefined))("refused: $name", ({ type: name, text }) => {
    const type = messages.type(name);
    expect(() => type.fromJson(parseJson(Buffer.from(text)))).toThrow(Error);
  });
});
