import type { FieldDescription, MessageType } from "../../words/description.ts";
import type { Codec } from "../codec.ts";
import { jsonCodec } from "../json.ts";
import { isBlank, parseJson } from "../json-text.ts";
import { fieldKey } from "../tree.ts";

const strict = jsonCodec({ dialect: "struct" });

/**
 * JSON by Go's struct tags for those framings whose bodies go-micro reads with Go's plain `encoding/json`: what the
 * message has no field for is passed over, so that a peer with a newer proto file is understood.
 */
export const laxJsonCodec: Codec = {
  ...strict,
  coder(type) {
    if (type === undefined) return strict.coder();
    return {
      encode: strict.coder(type).encode,
      decode(bytes) {
        const json = isBlank(bytes) ? null : parseJson(bytes);
        return json === null ? type.decode(new Uint8Array(0)) : type.fromJson(known(type, json, 0));
      },
    };
  },
};

// What lies deeper is left as it is, for `fromJson` to refuse.
const maxDepth = 100;

/** The JSON without the keys that the message does not know, at any depth. */
function known(type: MessageType, json: unknown, depth: number): unknown {
  // The well-known types have JSON of their own.
  if (!isObject(json) || depth > maxDepth || type.name.startsWith("google.protobuf.")) return json;
  const fields = fieldsOf(type);
  const kept: [string, unknown][] = [];
  for (const [key, value] of Object.entries(json)) {
    const field = fields.get(key);
    if (field !== undefined) kept.push([key, knownOf(field, value, depth + 1)]);
  }
  return Object.fromEntries(kept);
}

function knownOf(field: FieldDescription, json: unknown, depth: number): unknown {
  const type = field.message?.();
  if (type === undefined) return json;
  if (field.repeated) return Array.isArray(json) ? json.map((element) => known(type, element, depth)) : json;
  if (field.mapKey === undefined) return known(type, json, depth);
  if (!isObject(json)) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, known(type, value, depth)]));
}

const maps = new WeakMap<MessageType, ReadonlyMap<string, FieldDescription>>();

/** The fields by each of their spellings. */
function fieldsOf(type: MessageType): ReadonlyMap<string, FieldDescription> {
  let fields = maps.get(type);
  if (fields === undefined) {
    fields = new Map(type.fields.flatMap((field) => [[field.name, field] as const, [fieldKey(field), field] as const]));
    maps.set(type, fields);
  }
  return fields;
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
