import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { jsonCodec } from "./json.ts";
import { loadMessages } from "./protobuf/messages.ts";

const { files } = JSON.parse(readFileSync(new URL("./vectors/files.json", import.meta.url), "utf8")) as {
  files: string;
};
const messages = loadMessages(files);

// Each with one key that no message has, the place and the name that the error is to tell, and what is left without it.
const texts = [
  [
    "at the top",
    "vectors.Scalars",
    '{"nope":1,"a_string":"a"}',
    'vectors.Scalars: unknown field "nope"',
    '{"a_string":"a"}',
  ],
  ["that every object inherits", "vectors.Scalars", '{"constructor":1}', 'unknown field "constructor"', "{}"],
  ["named __proto__", "vectors.Scalars", '{"__proto__":{"aString":"a"}}', 'unknown field "__proto__"', "{}"],
  ["with an object", "vectors.Scalars", '{"nope":{"a_string":[{}]}}', 'unknown field "nope"', "{}"],
  [
    "beside more digits than a number has",
    "vectors.Scalars",
    '{"nope":123456789012345678901,"an_int64":9007199254740993}',
    'unknown field "nope"',
    '{"an_int64":"9007199254740993"}',
  ],
  [
    "of a message within",
    "vectors.Tree",
    '{"left":{"nope":1}}',
    'vectors.Tree.left: unknown field "nope"',
    '{"left":{}}',
  ],
  [
    "of a message in a list",
    "vectors.Tree",
    '{"others":[{},{"name":"o","left":{"nope":1}}]}',
    'vectors.Tree.others[1].left: unknown field "nope"',
    '{"others":[{},{"name":"o","left":{}}]}',
  ],
  [
    "of a message in a map",
    "vectors.Maps",
    '{"messages":{"7":{"nope":1,"a_bool":true}}}',
    'vectors.Maps.messages["7"]: unknown field "nope"',
    '{"messages":{"7":{"a_bool":true}}}',
  ],
  [
    "of the empty message",
    "vectors.Known",
    '{"empty":{"a":1}}',
    'vectors.Known.empty: unknown field "a"',
    '{"empty":{}}',
  ],
  [
    "of a message held by an Any",
    "vectors.Known",
    '{"any":{"@type":"type.googleapis.com/vectors.Tree","nope":1,"name":"n"}}',
    'vectors.Known.any.value: unknown field "nope"',
    '{"any":{"@type":"type.googleapis.com/vectors.Tree","name":"n"}}',
  ],
  [
    "beside the value of an Any",
    "vectors.Known",
    '{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s","nope":1}}',
    'vectors.Known.any.value: unknown field "nope"',
    '{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"}}',
  ],
] as const;

describe.each(["proto", "struct"] as const)("a key without a field, read by the %s dialect", (dialect) => {
  const decode = (type: string, text: string, unknownFields?: "ignore" | "refuse"): unknown =>
    jsonCodec({ dialect, ...(unknownFields && { unknownFields }) })
      .coder(messages.type(type))
      .decode(Buffer.from(text));

  it.each(texts)("%s is passed over", (_where, type, text, _error, rest) => {
    const expected = decode(type, rest, "refuse");
    expect(decode(type, text)).toStrictEqual(expected);
    expect(decode(type, text, "ignore")).toStrictEqual(expected);
  });

  it.each(texts)("%s is refused where that is asked for, by place and name", (_where, type, text, error) => {
    expect(() => decode(type, text, "refuse")).toThrow(TypeError);
    expect(() => decode(type, text, "refuse")).toThrow(error);
  });

  it("is a field of its own where any is allowed", () => {
    const text = '{"struct":{"nope":{"deep":1}},"value":{"nope":2}}';
    expect(decode("vectors.Known", text)).toStrictEqual(decode("vectors.Known", text, "refuse"));
    expect(messages.type<object>("vectors.Known").toJson(decode("vectors.Known", text) as object)).toEqual(
      JSON.parse(text),
    );
  });

  // What would be left is a zero that nobody sent.
  it.each([
    ['{"time":{"secs":1}}', 'vectors.Known.time: unknown field "secs"'],
    ['{"span":{"seconds":1,"nope":1}}', 'vectors.Known.span: unknown field "nope"'],
    ['{"bool":{"vlaue":true}}', 'vectors.Known.bool: unknown field "vlaue"'],
    ['{"any":{"name":"n"}}', 'vectors.Known.any: unknown field "name"'],
  ])("is always refused in %s, since the type has another form", (text, error) => {
    expect(() => decode("vectors.Known", text)).toThrow(error);
  });

  it.each([
    ["vectors.Scalars", '{"nope":1,"aString":1}', "vectors.Scalars.aString: expected a string, got 1"],
    ["vectors.Scalars", '{"color":"COLOR_GREEN"}', "vectors.Scalars.color"],
    ["vectors.Known", '{"any":{"@type":"type.googleapis.com/nope.Nope"}}', "vectors.Known.any.typeUrl"],
  ])("says nothing about values: %s of %s is refused", (type, text, error) => {
    expect(() => decode(type, text)).toThrow(error);
  });
});

describe("fromJson of a message", () => {
  const tree = messages.type("vectors.Tree");

  it("refuses a key without a field unless it is told to ignore it", () => {
    expect(() => tree.fromJson({ nope: 1 })).toThrow('vectors.Tree: unknown field "nope"');
    expect(() => tree.fromJson({ nope: 1 }, { unknownFields: "refuse" })).toThrow("nope");
    expect(tree.fromJson({ nope: 1 }, { unknownFields: "ignore" })).toEqual(tree.decode(new Uint8Array(0)));
  });

  it("names a long key by its beginning", () => {
    expect(() => tree.fromJson({ ["k".repeat(10_000)]: 1 })).toThrow(`unknown field "${"k".repeat(40)}…"`);
  });
});
