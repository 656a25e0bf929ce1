import { mapKeyFromJson, scalarToJson } from "./json-scalars.ts";
import type { JsonStyle } from "./json-style.ts";
import { wellKnownJson } from "./json-well-known.ts";
import { display, indexed, Mismatch, mismatch, within } from "./mismatch.ts";
import { maxDepth } from "./reader.ts";
import { scalarOf } from "./scalars.ts";
import { type FieldSchema, type Fields, isMessage, type MessageSchema, setEntry } from "./schema.ts";

/** The JSON of a message. Throws a mismatch when a value does not fit. */
export function messageToJson(schema: MessageSchema, message: unknown, style: JsonStyle, depth = 1): unknown {
  if (depth > maxDepth) throw new Mismatch("…", `nested more than ${maxDepth} messages deep`);
  if (!isMessage(message)) throw mismatch("", "an object", message);
  const special = wellKnownJson(schema.name);
  if (special !== undefined) return special.write(schema, message, style, depth);
  return plainToJson(schema, message, style, depth);
}

/** The JSON object of a message, one key a field that is set. */
export function plainToJson(schema: MessageSchema, message: Fields, style: JsonStyle, depth: number): Fields {
  const json: Fields = {};
  for (const field of schema.fields) {
    const value = Object.hasOwn(message, field.key) ? message[field.key] : undefined;
    if (value === undefined || value === null) continue;
    const written = fieldToJson(field, value, style, depth);
    if (written !== undefined) setEntry(json, style.protoNames ? field.name : field.key, written);
  }
  return json;
}

/** `undefined` when the value is what readers assume. */
function fieldToJson(field: FieldSchema, value: unknown, style: JsonStyle, depth: number): unknown {
  if (field.mapKey !== undefined) return mapToJson(field, value, style, depth);
  if (field.repeated) {
    if (!Array.isArray(value)) throw mismatch(field.key, "an array", value);
    return value.length === 0 ? undefined : value.map((element, i) => elementToJson(field, element, i, style, depth));
  }
  if (!field.presence && scalarOf(field).isZero(value)) return undefined;
  return valueToJson(field, value, style, depth);
}

function elementToJson(
  field: FieldSchema,
  value: unknown,
  index: number | string,
  style: JsonStyle,
  depth: number,
): unknown {
  try {
    return valueToJson(field, value, style, depth);
  } catch (reason) {
    throw indexed(reason, field.key, index);
  }
}

function valueToJson(field: FieldSchema, value: unknown, style: JsonStyle, depth: number): unknown {
  if (field.message === undefined) return scalarToJson(field, value, style);
  try {
    return messageToJson(field.message, value, style, depth + 1);
  } catch (reason) {
    throw within(reason, field.key);
  }
}

function mapToJson(field: FieldSchema, value: unknown, style: JsonStyle, depth: number): unknown {
  if (!isMessage(value)) throw mismatch(field.key, "an object", value);
  const json: Fields = {};
  let empty = true;
  for (const key of Object.keys(value)) {
    if (value[key] === undefined) continue;
    empty = false;
    setEntry(json, mapKeyFromJson(field, key), elementToJson(field, value[key], display(key), style, depth));
  }
  return empty ? undefined : json;
}
