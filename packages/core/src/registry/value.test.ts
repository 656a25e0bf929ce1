import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { loadMessages } from "../codec/protobuf/messages.ts";
import type { FieldDescription, MessageType } from "../words/description.ts";
import type { Value } from "./registry.ts";
import { messageValue as shapeOf } from "./value.ts";

function message(name: string, fields: readonly FieldDescription[] | (() => readonly FieldDescription[])): MessageType {
  const unused = (): never => {
    throw new Error("only the fields are looked at");
  };
  return {
    name,
    get fields() {
      return typeof fields === "function" ? fields() : fields;
    },
    encode: unused,
    decode: unused,
    toJson: unused,
    fromJson: unused,
  };
}

it("names the message without its package and its fields as in the proto file, with Go's types", () => {
  const type = message("user.Request", [
    { name: "first_name", type: "string" },
    { name: "age", type: "sint32" },
    { name: "score", type: "double" },
    { name: "avatar", type: "bytes" },
    { name: "tags", type: "string", repeated: true },
    { name: "labels", type: "string", mapKey: "string" },
    { name: "kind", type: "enum", enumName: "Kind" },
  ]);
  expect(shapeOf(type)).toEqual({
    name: "Request",
    type: "Request",
    values: [
      { name: "first_name", type: "string", values: [] },
      { name: "age", type: "int32", values: [] },
      { name: "score", type: "float64", values: [] },
      { name: "avatar", type: "[]uint8", values: [] },
      { name: "tags", type: "[]string", values: [] },
      { name: "labels", type: "", values: [] },
      { name: "kind", type: "Kind", values: [] },
    ],
  });
});

it("shows three levels and so ends a message that contains itself", () => {
  const tree: MessageType = message("Tree", () => [
    { name: "left", type: "message", message: () => tree },
    { name: "leaves", type: "message", message: () => tree, repeated: true },
  ]);
  const lists = { name: "leaves", type: "[]Tree", values: [] };
  expect(shapeOf(tree)).toEqual({
    name: "Tree",
    type: "Tree",
    values: [{ name: "left", type: "Tree", values: [{ name: "left", type: "Tree", values: [] }, lists] }, lists],
  });
});

// `source` in the file says what recorded it.
const vectors = JSON.parse(readFileSync(new URL("vectors/values.json", import.meta.url), "utf8")) as {
  files: string;
  values: Record<string, GoValue>;
};

interface GoValue extends Omit<Value, "values"> {
  readonly values: readonly GoValue[] | null;
}

/** Without the three private fields that newer generators of Go code put into every message. */
function withoutGoInternals({ name, type, values }: GoValue): Value {
  const fields = values?.[0]?.type === "MessageState" ? values.slice(3) : (values ?? []);
  return { name, type, values: fields.map(withoutGoInternals) };
}

it.each(Object.entries(vectors.values))("shows %s as go-micro does", (name, value) => {
  expect(shapeOf(loadMessages(vectors.files).type(name))).toEqual(withoutGoInternals(value));
});
