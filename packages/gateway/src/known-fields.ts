import { badRequest, type Value } from "@micro/core";
import { spellings } from "./default-fields.ts";
import { gatewayId } from "./gateway-id.ts";
import { isObjectText, type JsonObject, jsonText, objectMembers } from "./json-text.ts";

/**
 * What becomes of fields of a request that the record of the endpoint does not show: `pass` leaves them to the service,
 * `ignore` drops them, `strict` answers 400. Records do not show fields below the third level, nor the members of a
 * Go service's `oneof`, which is why nothing but `pass` is safe for every service.
 */
export const unknownFieldsWords = ["pass", "ignore", "strict"] as const;
export type UnknownFields = (typeof unknownFieldsWords)[number];

/** The message without fields that its record does not show; with `strict` it throws 400 naming the first of them. */
export function knownFields(message: string, request: Value | undefined, mode: UnknownFields): string {
  if (mode === "pass" || !request || request.values.length === 0 || !isObjectText(message)) return message;
  const known = only(objectMembers(message), request, mode, "");
  return known ? jsonText(known) : message;
}

/** Undefined when there is nothing to drop, so that the text can stay as it was. */
function only(
  members: ReadonlyMap<string, string>,
  { values }: Value,
  mode: UnknownFields,
  path: string,
): JsonObject | undefined {
  const fields = new Map(values.flatMap((field) => spellings(field.name).map((name) => [name, field] as const)));
  const result: JsonObject = new Map();
  let changed = false;
  for (const [name, text] of members) {
    const field = fields.get(name);
    if (!field) {
      if (mode === "strict") throw unknown(`${path}${name}`, values);
      changed = true;
      continue;
    }
    const inner =
      field.values.length > 0 && isObjectText(text)
        ? only(objectMembers(text), field, mode, `${path}${name}.`)
        : undefined;
    result.set(name, inner ?? text);
    changed ||= inner !== undefined;
  }
  return changed ? result : undefined;
}

function unknown(name: string, values: Value["values"]): Error {
  const names = values.map((field) => field.name).join(", ");
  return badRequest(gatewayId, `the endpoint has no field ${JSON.stringify(name)}; it has ${names}`);
}
