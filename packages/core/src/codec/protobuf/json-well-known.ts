import { blankMaker } from "./blank.ts";
import { decoder } from "./decode.ts";
import { encoder } from "./encode.ts";
import { messageFromJson, plainFromJson } from "./json-read.ts";
import { scalarFromJson, scalarToJson } from "./json-scalars.ts";
import type { JsonStyle } from "./json-style.ts";
import { durationFromText, durationToText, type Instant, timestampFromText, timestampToText } from "./json-time.ts";
import { messageToJson, plainToJson } from "./json-write.ts";
import { mismatch, unknownField, within } from "./mismatch.ts";
import { camelCase, type FieldSchema, type Fields, isMessage, type MessageSchema, zeroValue } from "./schema.ts";

/** A type whose JSON is not an object with one key a field. */
export interface WellKnownJson {
  write(schema: MessageSchema, message: Fields, style: JsonStyle, depth: number): unknown;
  read(schema: MessageSchema, json: unknown, style: JsonStyle, depth: number): Fields;
}

/** The JSON form of the `google.protobuf` types that have one of their own. */
export function wellKnownJson(name: string): WellKnownJson | undefined {
  return name.startsWith("google.protobuf.") ? forms[name.slice(16)] : undefined;
}

/**
 * Text instead of an object. The object is read as well: Go services that write by struct tags send
 * `{"seconds":1,"nanos":2}`.
 */
function textual(
  expected: string,
  write: (message: Fields, schema: MessageSchema) => string | undefined,
  read: (text: string) => object | undefined,
): WellKnownJson {
  return {
    write(schema, message) {
      const text = write(message, schema);
      if (text === undefined) throw mismatch("", expected, message);
      return text;
    },
    read(schema, json, style, depth) {
      if (isMessage(json)) return ownFields(schema, json, style, depth);
      const message = typeof json === "string" ? read(json) : undefined;
      if (message === undefined) throw mismatch("", expected, json);
      return { ...message };
    },
  };
}

/**
 * The object form of a type that has another. These gain no fields, so an object with any other is not what it is
 * taken for, and reading over it would make a zero of it.
 */
function ownFields(schema: MessageSchema, json: Fields, style: JsonStyle, depth: number): Fields {
  return plainFromJson(schema, json, { ...style, ignoreUnknown: false }, depth);
}

/** Reads `seconds` and `nanos` in any of the forms that they may be given in. */
function instant(message: Fields, { fields }: MessageSchema): Instant {
  const [seconds, nanos] = fields;
  return { seconds: numeric(seconds, message) as bigint, nanos: numeric(nanos, message) as number };
}

function numeric(field: FieldSchema | undefined, message: Fields): unknown {
  if (field === undefined) throw new Error("google.protobuf.Timestamp and Duration have two fields");
  return scalarFromJson(field, message[field.key] ?? 0);
}

/** The value alone, without the message around it. */
const wrapper: WellKnownJson = {
  write: ({ fields: [field] }, message, style) =>
    field && scalarToJson(field, message.value ?? zeroValue(field), style),
  read: (schema, json, style, depth) => ownFields(schema, isMessage(json) ? json : { value: json }, style, depth),
};

const fieldMask = textual(
  "a list of paths",
  ({ paths = [] }) => {
    if (!Array.isArray(paths)) return undefined;
    const keys = paths.map((path) => String(path).split(".").map(camelCase).join("."));
    // What does not come back the same cannot be written.
    return paths.every((path, i) => snakeCase(keys[i] ?? "") === path) ? keys.join(",") : undefined;
  },
  (text) => (text.includes("_") ? undefined : { paths: text === "" ? [] : text.split(",").map(snakeCase) }),
);

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}

const struct: WellKnownJson = {
  write: (schema, message, style, depth) => plainToJson(schema, message, style, depth).fields ?? {},
  read: (schema, json, style, depth) => plainFromJson(schema, { fields: objectIn(json) }, style, depth),
};

const listValue: WellKnownJson = {
  write: (schema, message, style, depth) => plainToJson(schema, message, style, depth).values ?? [],
  read(schema, json, style, depth) {
    if (!Array.isArray(json)) throw mismatch("", "an array", json);
    return plainFromJson(schema, { values: json }, style, depth);
  },
};

function objectIn(json: unknown): Fields {
  if (!isMessage(json)) throw mismatch("", "an object", json);
  return json;
}

const value: WellKnownJson = {
  write(schema, message, style, depth) {
    if (typeof message.numberValue === "number" && !Number.isFinite(message.numberValue)) {
      throw mismatch("numberValue", "a finite number", message.numberValue);
    }
    if (message.nullValue !== undefined) return null;
    const written = plainToJson(schema, message, { ...style, protoNames: false }, depth);
    return Object.values(written)[0] ?? null;
  },
  read: (schema, json, style, depth) => plainFromJson(schema, { [kindOf(json)]: json }, style, depth),
};

function kindOf(json: unknown): string {
  if (json === null) return "nullValue";
  if (typeof json === "number" || typeof json === "bigint") return "numberValue";
  if (typeof json === "string") return "stringValue";
  if (typeof json === "boolean") return "boolValue";
  return Array.isArray(json) ? "listValue" : "structValue";
}

const any: WellKnownJson = {
  write(_schema, message, style, depth) {
    const { typeUrl = "", value: bytes = new Uint8Array(0) } = message;
    if (typeUrl === "") return {};
    const held = heldBy(typeUrl, style);
    if (!(bytes instanceof Uint8Array)) throw mismatch("value", "a Uint8Array", bytes);
    try {
      const json = messageToJson(held, decoder(held)(bytes), style, depth + 1);
      return wellKnownJson(held.name) === undefined
        ? { "@type": typeUrl, ...(json as Fields) }
        : { "@type": typeUrl, value: json };
    } catch (reason) {
      throw within(reason, "value");
    }
  },
  read(schema, json, style, depth) {
    const { "@type": typeUrl, ...rest } = objectIn(json);
    if (typeUrl === undefined) return ownFields(schema, rest, style, depth);
    const held = heldBy(typeUrl, style);
    try {
      const message = messageFromJson(held, heldJson(held, rest, style), style, depth + 1);
      return { ...blankMaker(schema)(), typeUrl, value: new Uint8Array(encoder(held)(message)) };
    } catch (reason) {
      throw within(reason, "value");
    }
  },
};

/** A type with JSON of its own stands under `value`, any other has its fields beside the type's URL. */
function heldJson(held: MessageSchema, json: Fields, { ignoreUnknown }: JsonStyle): unknown {
  if (wellKnownJson(held.name) === undefined) return json;
  const unknown = Object.keys(json).find((name) => name !== "value");
  if (unknown !== undefined && !ignoreUnknown) throw unknownField(unknown);
  return json.value;
}

function heldBy(typeUrl: unknown, style: JsonStyle): MessageSchema {
  const name = typeof typeUrl === "string" ? typeUrl.slice(typeUrl.lastIndexOf("/") + 1) : "";
  const held = style.find(name);
  if (held === undefined) throw mismatch("typeUrl", "the URL of a known message", typeUrl);
  return held;
}

const forms: Readonly<Record<string, WellKnownJson>> = {
  Timestamp: textual(
    "a moment of the years 1 to 9999 as in 2006-01-02T15:04:05.5Z",
    (message, schema) => timestampToText(instant(message, schema)),
    timestampFromText,
  ),
  Duration: textual(
    "a span of at most 10,000 years as in 1.5s",
    (message, schema) => durationToText(instant(message, schema)),
    durationFromText,
  ),
  FieldMask: fieldMask,
  Struct: struct,
  Value: value,
  ListValue: listValue,
  Any: any,
  BoolValue: wrapper,
  BytesValue: wrapper,
  DoubleValue: wrapper,
  FloatValue: wrapper,
  Int32Value: wrapper,
  Int64Value: wrapper,
  StringValue: wrapper,
  UInt32Value: wrapper,
  UInt64Value: wrapper,
};
