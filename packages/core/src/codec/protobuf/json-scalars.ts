import type { JsonStyle } from "./json-style.ts";
import { mismatch } from "./mismatch.ts";
import { type FieldSchema, zeroValue } from "./schema.ts";

/** The JSON of one value of a field that is not a message. Throws a mismatch when it does not fit. */
export function scalarToJson(field: FieldSchema, value: unknown, { structTags }: JsonStyle): unknown {
  switch (field.type) {
    case "bool":
      if (typeof value !== "boolean") throw mismatch(field.key, "a boolean", value);
      return value;
    case "string":
      if (typeof value !== "string") throw mismatch(field.key, "a string", value);
      return value;
    case "bytes":
      if (!(value instanceof Uint8Array)) throw mismatch(field.key, "a Uint8Array", value);
      return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
    case "float":
    case "double":
      return floatToJson(field, value, structTags);
    case "enum":
      return enumToJson(field, value, structTags);
    case "int64":
    case "sint64":
    case "sfixed64":
    case "uint64":
    case "fixed64": {
      const integer = integer64(field, value);
      return structTags ? integer : integer.toString();
    }
    default:
      return integer32(field, value);
  }
}

/** The value of a field that is not a message, from its JSON. Throws a mismatch when it does not fit. */
export function scalarFromJson(field: FieldSchema, json: unknown): unknown {
  switch (field.type) {
    case "bool":
      if (typeof json !== "boolean") throw mismatch(field.key, "a boolean", json);
      return json;
    case "string":
      if (typeof json !== "string") throw mismatch(field.key, "a string", json);
      return json;
    case "bytes":
      return bytesFromJson(field, json);
    case "float":
    case "double":
      return floatFromJson(field, json);
    case "enum":
      return enumFromJson(field, json);
    case "int64":
    case "sint64":
    case "sfixed64":
    case "uint64":
    case "fixed64":
      return integer64(field, number(json));
    default:
      return integer32(field, number(json));
  }
}

/** A map's key from the key of an object, in the one spelling that its type has. */
export function mapKeyFromJson(field: FieldSchema, name: string): string {
  if (field.mapKey === undefined || field.mapKey === "string") return name;
  if (field.mapKey !== "bool") return String(scalarFromJson({ ...field, type: field.mapKey }, name));
  if (name !== "true" && name !== "false") throw mismatch(field.key, "the keys true and false", name);
  return name;
}

// JSON's own numbers, and nothing of what BigInt and Number read besides: hexadecimal, blanks, the empty string.
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const jsonInteger = /^-?(0|[1-9]\d*)$/;

/** Text that holds a number becomes that number; anything else stays as it is and fits no numeric field. */
function number(json: unknown): unknown {
  if (typeof json !== "string") return json;
  if (jsonInteger.test(json)) return json.length < 400 ? BigInt(json) : json;
  return jsonNumber.test(json) ? Number(json) : json;
}

function integer32(field: FieldSchema, value: unknown): number {
  const unsigned = field.type === "uint32" || field.type === "fixed32";
  const integer = typeof value === "bigint" ? Number(value) : value;
  const fits = typeof integer === "number" && (unsigned ? integer >>> 0 : integer | 0) === integer;
  if (!fits) throw mismatch(field.key, unsigned ? "an unsigned 32-bit integer" : "a 32-bit integer", value);
  return integer + 0; // minus zero becomes zero
}

const decimal = /^-?\d{1,20}$/;

function integer64(field: FieldSchema, value: unknown): bigint {
  const unsigned = field.type === "uint64" || field.type === "fixed64";
  const whole =
    typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value)) || decimal.test(String(value));
  const integer = whole && typeof value !== "boolean" ? BigInt(value as bigint | number | string) : undefined;
  if (integer === undefined || (unsigned ? BigInt.asUintN(64, integer) : BigInt.asIntN(64, integer)) !== integer) {
    throw mismatch(field.key, unsigned ? "an unsigned 64-bit integer" : "a 64-bit integer", value);
  }
  return integer;
}

function floatToJson(field: FieldSchema, value: unknown, structTags: boolean): unknown {
  if (typeof value !== "number") throw mismatch(field.key, "a number", value);
  if (!Number.isFinite(value)) {
    if (structTags) throw mismatch(field.key, "a finite number", value);
    return String(value);
  }
  return field.type === "float" ? shortestFloat(value) : value;
}

/** The number with the fewest digits that is the same in 32 bits: 0.1 instead of 0.10000000149011612. */
function shortestFloat(value: number): number {
  const float = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return short;
  }
  return Number(float.toPrecision(9));
}

function floatFromJson(field: FieldSchema, json: unknown): number {
  if (json === "NaN") return Number.NaN;
  if (json === "Infinity") return Number.POSITIVE_INFINITY;
  if (json === "-Infinity") return Number.NEGATIVE_INFINITY;
  const value = number(json);
  const float = typeof value === "bigint" ? Number(value) : value;
  if (typeof float !== "number") throw mismatch(field.key, "a number", json);
  const rounded = field.type === "float" ? Math.fround(float) : float;
  if (!Number.isFinite(rounded)) throw mismatch(field.key, `a ${field.type} in range`, json);
  return json === "-0" ? -0 : rounded;
}

function enumToJson(field: FieldSchema, value: unknown, structTags: boolean): unknown {
  if (typeof value !== "number" || (value | 0) !== value) throw mismatch(field.key, "an enum number", value);
  if (structTags) return value;
  if (isNullValue(field)) return null;
  return field.enumeration?.names.get(value) ?? value;
}

function enumFromJson(field: FieldSchema, json: unknown): number {
  if (json === null && isNullValue(field)) return 0;
  if (typeof json === "string") {
    const named = field.enumeration?.numbers.get(json);
    if (named !== undefined) return named;
  }
  if (typeof json === "number" && (json | 0) === json) return json + 0;
  throw mismatch(field.key, `a value of the enum ${field.enumeration?.name}`, json);
}

/** `google.protobuf.NullValue`, the enum whose JSON is `null`. */
export function isNullValue(field: FieldSchema): boolean {
  return field.enumeration?.name === "google.protobuf.NullValue";
}

const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

function bytesFromJson(field: FieldSchema, json: unknown): Uint8Array {
  // Node reads both alphabets, with and without padding, and passes over what is neither.
  if (typeof json !== "string" || !base64.test(json) || json.replace(/=+$/, "").length % 4 === 1) {
    throw mismatch(field.key, "bytes in base64", json);
  }
  return json === "" ? (zeroValue(field) as Uint8Array) : new Uint8Array(Buffer.from(json, "base64"));
}
