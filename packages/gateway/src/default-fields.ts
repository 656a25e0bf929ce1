import type { Value } from "@micro/core";
import { isObjectText, type JsonObject, jsonText, objectMembers } from "./json-text.ts";

/**
 * A reply in JSON with the fields that were left out because they have their default value, as far as the record of the
 * endpoint shows them: texts, numbers, booleans and lists, three levels deep. Messages, maps and enums that were left out stay out,
 * since the record does not tell what they would be. 64-bit integers are texts, as everywhere in protobuf's JSON.
 */
export function withDefaultFields(reply: string, response: Value | undefined): string {
  if (!response || response.values.length === 0 || !isObjectText(reply)) return reply;
  return jsonText(filled(objectMembers(reply), response));
}

function filled(members: ReadonlyMap<string, string>, { values }: Value): JsonObject {
  const result: JsonObject = new Map(members);
  for (const field of values) {
    const name = spellings(field.name).find((spelling) => members.has(spelling));
    const present = name === undefined ? undefined : members.get(name);
    if (name === undefined || present === undefined) {
      const value = defaultOf(field.type);
      if (value !== undefined) result.set(field.name, value);
    } else if (field.values.length > 0 && isObjectText(present)) {
      result.set(name, filled(objectMembers(present), field));
    }
  }
  return result;
}

/** As in the proto file, and as JSON has it by default. */
export function spellings(name: string): string[] {
  const camel = name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  return camel === name ? [name] : [name, camel];
}

function defaultOf(type: string): string | undefined {
  if (type.startsWith("[]")) return type === "[]uint8" || type === "[]byte" ? '""' : "[]";
  return defaults[type];
}

const defaults: Readonly<Record<string, string>> = {
  string: '""',
  bool: "false",
  int32: "0",
  uint32: "0",
  float32: "0",
  float64: "0",
  int: "0",
  int64: '"0"',
  uint64: '"0"',
};
