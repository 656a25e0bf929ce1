import type { FieldDescription, MessageType } from "../words/description.ts";
import type { Value } from "./registry.ts";

/**
 * The shape of a message as go-micro's registry shows it: the message, its fields, and theirs, three levels in all.
 * Fields have their name in the proto file and the type that Go would print: `string`, `float64`, `[]uint8`,
 * `[]Message`, `Outer_Inner`, nothing for a map. The members of a oneof are one field in Go, named after its type. What
 * lies deeper is dropped, which also ends messages that contain themselves.
 */
export function messageValue(type: MessageType): Value {
  const name = goTypeName(localName(type));
  return { name, type: name, values: fieldsOf(type, 1) };
}

const depthLimit = 3;

function fieldsOf(type: MessageType, depth: number): Value[] {
  if (depth >= depthLimit) return [];
  const oneofs = new Set<string>();
  return type.fields.flatMap((field) => {
    if (field.oneof === undefined) return [fieldValue(field, depth)];
    if (oneofs.has(field.oneof)) return [];
    oneofs.add(field.oneof);
    const name = `is${goTypeName(localName(type))}_${goTypeName(field.oneof)}`;
    return [{ name, type: name, values: [] }];
  });
}

function fieldValue(field: FieldDescription, depth: number): Value {
  // Go lists the children of structs only: neither slices nor maps have any.
  const nested = field.type === "message" && !field.repeated && !field.mapKey ? field.message?.() : undefined;
  return { name: field.name, type: goType(field), values: nested ? fieldsOf(nested, depth + 1) : [] };
}

function goType(field: FieldDescription): string {
  if (field.mapKey) return "";
  // A slice of slices has elements without a name.
  if (field.repeated) return field.type === "bytes" ? "[]" : `[]${elementType(field)}`;
  return elementType(field);
}

function elementType({ type, message, enumName }: FieldDescription): string {
  if (enumName !== undefined) return goTypeName(enumName);
  return message ? goTypeName(localName(message())) : (goNames[type] ?? type);
}

function localName({ name, localName: local }: MessageType): string {
  return local ?? name.slice(name.lastIndexOf(".") + 1);
}

/**
 * What protoc-gen-go calls a type: `Outer_Inner` of `Outer.Inner`, `LowerCase` of `lower_case`.
 * Source: google.golang.org/protobuf `internal/strs`, `GoCamelCase`.
 */
function goTypeName(local: string): string {
  return local
    .replace(/(^|\.)_/g, "$1X")
    .replace(/(?:^|[._]|(?<=\d))([a-z])/g, (_match, letter: string) => letter.toUpperCase())
    .replaceAll(".", "_");
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
