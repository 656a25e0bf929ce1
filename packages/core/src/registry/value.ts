import type { FieldDescription, MessageType } from "../words/description.ts";
import type { Value } from "./registry.ts";

/**
 * The shape of a message as go-micro's registry shows it: the message, its fields, and theirs, three levels in all.
 * Fields have their name in the proto file and the type that Go would print: `string`, `float64`, `[]uint8`,
 * `[]Message`, nothing for a map. What lies deeper is dropped, which also ends messages that contain themselves.
 */
export function messageValue(type: MessageType): Value {
  const name = shortName(type);
  return { name, type: name, values: fieldsOf(type, 1) };
}

const depthLimit = 3;

function fieldsOf(type: MessageType, depth: number): Value[] {
  return depth < depthLimit ? type.fields.map((field) => fieldValue(field, depth)) : [];
}

function fieldValue(field: FieldDescription, depth: number): Value {
  // Go lists the children of structs only: neither slices nor maps have any.
  const nested = field.type === "message" && !field.repeated && !field.mapKey ? field.message?.() : undefined;
  return { name: field.name, type: goType(field), values: nested ? fieldsOf(nested, depth + 1) : [] };
}

function goType(field: FieldDescription): string {
  if (field.mapKey) return "";
  const element = field.message ? shortName(field.message()) : (goNames[field.type] ?? field.type);
  return field.repeated ? `[]${element}` : element;
}

function shortName(type: MessageType): string {
  return type.name.slice(type.name.lastIndexOf(".") + 1);
}

// Source: the table "Scalar Value Types" of the protobuf language guide, column Go.
const goNames: Readonly<Record<string, string>> = {
  double: "float64",
  float: "float32",
  sint32: "int32",
  sint64: "int64",
  fixed32: "uint32",
  fixed64: "uint64",
  sfixed32: "int32",
  sfixed64: "int64",
  bytes: "[]uint8",
};
