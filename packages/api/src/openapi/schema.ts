import type { Value } from "@micro/core";

/** A piece of JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

/**
 * What a message looks like as JSON, as far as a registry's record shows it: three levels, with the types that Go prints.
 * What a record does not tell (maps, members of a `oneof`, enums, deeper messages) is left open rather than guessed.
 */
export function schemaOf(value: Value | undefined): Schema {
  if (!value) return {};
  return objectSchema(value.values);
}

/** The schema of one field. */
export function fieldSchema({ type, values }: Value): Schema {
  if (values.length > 0) return objectSchema(values);
  if (type === "[]uint8" || type === "[]byte" || type === "bytes") return { type: "string", contentEncoding: "base64" };
  if (type.startsWith("[]")) {
    const element = type.slice(2);
    return { type: "array", items: element === "" ? {} : fieldSchema({ name: "", type: element, values: [] }) };
  }
  return scalars[type] ?? {};
}

function objectSchema(fields: readonly Value[]): Schema {
  const shown = fields.filter(({ type, name }) => !isOneof(type, name));
  return {
    type: "object",
    ...(shown.length > 0 && { properties: Object.fromEntries(shown.map((field) => [field.name, fieldSchema(field)])) }),
  };
}

/** A field that stands for several, of which any may be there: `isOrder_Item`. */
function isOneof(type: string, name: string): boolean {
  return type === name && /^is[A-Z]\w*_\w+$/.test(type);
}

// Protobuf's JSON writes 64-bit integers as texts, and takes numbers as well.
const long: Schema = { type: ["string", "integer"], format: "int64" };
const ulong: Schema = { type: ["string", "integer"], format: "uint64" };

const scalars: Readonly<Record<string, Schema>> = {
  string: { type: "string" },
  bool: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  uint32: { type: "integer", format: "uint32", minimum: 0 },
  int: { type: "integer" },
  int64: long,
  uint64: ulong,
  float32: { type: "number", format: "float" },
  float64: { type: "number", format: "double" },
};
