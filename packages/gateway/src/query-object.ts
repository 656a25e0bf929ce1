import { badRequest } from "@micro/core";
import { gatewayId } from "./gateway-id.ts";
import { isObjectText, type JsonNode, type JsonObject, objectMembers } from "./json-text.ts";
import { urlEncodedPairs } from "./url-encoded.ts";

/** How deep the keys and values of a query may nest. */
export const maxQueryDepth = 32;

/**
 * The query as a JSON object.
 *
 * - A value that is JSON is that value, digits kept: `7`, `true`, `null`, `"q"`, `[1,2]`, `{"a":1}`; any other is text.
 * - A key without `=` is `true`; `key=` is the empty text.
 * - `a.b=1` and `a[b]=1` nest, `l[]=1` appends; to any depth up to `maxQueryDepth`.
 * - Of two values for one key the last holds.
 *
 * Throws 400 naming the key when one key is used both for a value and for something nested, and for a malformed key.
 */
export function queryObject(query: string): JsonObject {
  const root: JsonObject = new Map();
  for (const [key, value] of urlEncodedPairs(query, "query")) {
    insert(root, key, keyParts(key), value === undefined ? "true" : jsonValue(key, value));
  }
  return root;
}

/** `a[b][].c` as `["a", "b", "", "c"]`; the empty part appends. */
function keyParts(key: string): string[] {
  if (plainKey.test(key)) return [key];
  if (!nestedKey.test(key)) {
    throw badRequest(gatewayId, `query key ${JSON.stringify(key)} is malformed; expected name, a.b, a[b] or l[]`);
  }
  const parts = Array.from(key.matchAll(keyPart), ([, bracketed, dotted]) => bracketed ?? dotted ?? "");
  if (parts.length > maxQueryDepth) throw tooDeep(key);
  return parts;
}

const plainKey = /^[^.[\]]+$/;
// A list directly in a list, l[][], is left out: nothing tells which inner list a second value belongs to.
const nestedKey = /^[^.[\]]+(?:\.[^.[\]]+|\[[^[\]]+\]|\[\](?!\[\]))*$/;
const keyPart = /\[([^[\]]*)\]|([^.[\]]+)/g;

/** Puts `value` at the end of the path `parts`, making what is missing on the way. */
function insert(root: JsonObject, key: string, parts: readonly string[], value: JsonNode): void {
  let object = root;
  for (let at = 0; ; at++) {
    const name = parts[at] ?? "";
    const last = at === parts.length - 1;
    if (parts[at + 1] === "") {
      const rest = parts.slice(at + 2);
      listAt(object, name, key).push(rest.length === 0 ? value : nested(rest, key, value));
      return;
    }
    const present = object.get(name);
    if (last) {
      if (present !== undefined && shapeOf(present) !== shapeOf(value)) throw conflict(key);
      object.set(name, value);
      return;
    }
    if (present !== undefined && !(present instanceof Map)) throw conflict(key);
    const below: JsonObject = present ?? new Map();
    object.set(name, below);
    object = below;
  }
}

/** An element of a list that is itself an object. */
function nested(parts: readonly string[], key: string, value: JsonNode): JsonNode {
  const element: JsonObject = new Map();
  insert(element, key, parts, value);
  return element;
}

function listAt(object: JsonObject, name: string, key: string): JsonNode[] {
  const present = object.get(name);
  if (Array.isArray(present)) return present;
  if (present !== undefined) throw conflict(key);
  const list: JsonNode[] = [];
  object.set(name, list);
  return list;
}

function shapeOf(node: JsonNode | readonly JsonNode[]): "value" | "object" | "list" {
  if (typeof node === "string") return "value";
  return node instanceof Map ? "object" : "list";
}

function jsonValue(key: string, value: string): JsonNode {
  if (scalar.test(value)) return value;
  if (!mayBeJson.test(value) || !isJson(value)) return JSON.stringify(value);
  return isObjectText(value) ? nestedObject(key, value, 1) : value;
}

const scalar = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
const mayBeJson = /^[{["]/;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // text is as good a value as JSON
  }
}

/** An object given as JSON becomes one that later keys may add to. */
function nestedObject(key: string, text: string, depth: number): JsonObject {
  if (depth > maxQueryDepth) throw tooDeep(key);
  const node: JsonObject = new Map();
  for (const [name, value] of objectMembers(text)) {
    node.set(name, isObjectText(value) ? nestedObject(key, value, depth + 1) : value);
  }
  return node;
}

function conflict(key: string): Error {
  return badRequest(gatewayId, `query key ${JSON.stringify(key)} is used both for a value and for something nested`);
}

function tooDeep(key: string): Error {
  return badRequest(
    gatewayId,
    `query key ${JSON.stringify(key.slice(0, 80))} nests deeper than ${maxQueryDepth} levels`,
  );
}
