import { blankMaker } from "./blank.ts";
import { isNullValue, mapKeyFromJson, scalarFromJson } from "./json-scalars.ts";
import type { JsonStyle } from "./json-style.ts";
import { wellKnownJson } from "./json-well-known.ts";
import { display, indexed, Mismatch, mismatch, unknownField, within } from "./mismatch.ts";
import { maxDepth } from "./reader.ts";
import { type FieldSchema, type Fields, isMessage, type MessageSchema, setEntry } from "./schema.ts";

/** The message of its JSON. Throws a mismatch when a value does not fit, and on an unknown key unless the style ignores those. */
export function messageFromJson(schema: MessageSchema, json: unknown, style: JsonStyle, depth = 1): Fields {
  if (depth > maxDepth) throw new Mismatch("…", `nested more than ${maxDepth} messages deep`);
  const special = wellKnownJson(schema.name);
  if (special !== undefined) return special.read(schema, json, style, depth);
  return plainFromJson(schema, json, style, depth);
}

/** The message of a JSON object with one key a field. */
export function plainFromJson(schema: MessageSchema, json: unknown, style: JsonStyle, depth: number): Fields {
  if (!isMessage(json)) throw mismatch("", "an object", json);
  const { blank, fields } = formOf(schema);
  const message = blank();
  const seen = new Set<FieldSchema>();
  for (const name of Object.keys(json)) {
    const field = fields.get(name);
    if (field === undefined) {
      if (style.ignoreUnknown) continue;
      throw unknownField(name);
    }
    const value = json[name];
    if (value === undefined || (value === null && !takesNull(field))) continue;
    if (seen.has(field)) throw mismatch(field.key, "one value, under one of its two names", value);
    seen.add(field);
    for (const other of field.oneof ?? []) {
      if (other !== field && seen.has(other)) {
        throw mismatch(field.key, `nothing, since ${other.key} of the same oneof is set`, value);
      }
    }
    setEntry(message, field.key, fieldFromJson(field, value, style, depth));
  }
  return message;
}

interface Form {
  readonly blank: () => Fields;
  /** By both spellings. */
  readonly fields: ReadonlyMap<string, FieldSchema>;
}

const forms = new WeakMap<MessageSchema, Form>();

function formOf(schema: MessageSchema): Form {
  let form = forms.get(schema);
  if (form === undefined) {
    const fields = new Map<string, FieldSchema>();
    for (const field of schema.fields) fields.set(field.name, field);
    for (const field of schema.fields) fields.set(field.key, field);
    form = { blank: blankMaker(schema), fields };
    forms.set(schema, form);
  }
  return form;
}

/** For most fields `null` is the same as nothing; for these it is a value. */
function takesNull(field: FieldSchema): boolean {
  if (field.repeated || field.mapKey !== undefined) return false;
  return isNullValue(field) || field.message?.name === "google.protobuf.Value";
}

function fieldFromJson(field: FieldSchema, json: unknown, style: JsonStyle, depth: number): unknown {
  if (field.mapKey !== undefined) return mapFromJson(field, json, style, depth);
  if (!field.repeated) return valueFromJson(field, json, style, depth);
  if (!Array.isArray(json)) throw mismatch(field.key, "an array", json);
  return json.map((element, i) => elementFromJson(field, element, i, style, depth));
}

function elementFromJson(
  field: FieldSchema,
  json: unknown,
  index: number | string,
  style: JsonStyle,
  depth: number,
): unknown {
  try {
    return valueFromJson(field, json, style, depth);
  } catch (reason) {
    throw indexed(reason, field.key, index);
  }
}

function valueFromJson(field: FieldSchema, json: unknown, style: JsonStyle, depth: number): unknown {
  if (field.message === undefined) return scalarFromJson(field, json);
  try {
    return messageFromJson(field.message, json, style, depth + 1);
  } catch (reason) {
    throw within(reason, field.key);
  }
}

function mapFromJson(field: FieldSchema, json: unknown, style: JsonStyle, depth: number): Fields {
  if (!isMessage(json)) throw mismatch(field.key, "an object", json);
  const map: Fields = {};
  for (const name of Object.keys(json)) {
    setEntry(map, mapKeyFromJson(field, name), elementFromJson(field, json[name], display(name), style, depth));
  }
  return map;
}
