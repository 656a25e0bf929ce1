import type { Endpoint, Node, ServiceRecord, Value } from "./registry.ts";

/**
 * A record as go-micro's JSON, byte for byte what Go writes: no whitespace, its key order, map keys sorted by their
 * bytes, HTML-sensitive characters escaped. Empty lists and empty service metadata are `null`, as the framework leaves
 * them; empty metadata of nodes and endpoints is `{}`.
 */
export function encodeRecord(record: ServiceRecord): string {
  const { name, version, metadata, endpoints, nodes } = record;
  const meta = Object.keys(metadata).length > 0 ? encodeMetadata(metadata) : "null";
  return (
    `{"name":${text(name)},"version":${text(version)},"metadata":${meta}` +
    `,"endpoints":${encodeEndpoints(endpoints)},"nodes":${list(nodes, encodeNode)}}`
  );
}

/** The `endpoints` of a record in the same JSON; `null` when there are none. */
export function encodeEndpoints(endpoints: readonly Endpoint[]): string {
  return list(endpoints, encodeEndpoint);
}

/** Metadata in the same JSON, keys sorted by their bytes; `{}` when there is none. */
export function encodeMetadata(metadata: Readonly<Record<string, string>>): string {
  const keys = Object.keys(metadata).sort(compareBytes);
  return `{${keys.map((key) => `${text(key)}:${text(metadata[key] ?? "")}`).join(",")}}`;
}

/**
 * Reads the JSON of a record, whoever wrote it: `null` may stand for anything, keys match in any case, unknown ones
 * are ignored, and nodes of go-micro before v1.8 may have their port in a key of its own.
 * Throws a `RecordError` that names the field when it is no record, or one without a name.
 */
export function decodeRecord(json: string | Uint8Array): ServiceRecord {
  const source = typeof json === "string" ? json : new TextDecoder().decode(json);
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (reason) {
    throw new RecordError(`not JSON: ${excerpt(source)}`, { cause: reason });
  }
  return readRecord(value);
}

/** What a text that should be a record has wrong, such as `nodes[0].address: expected a string, found 7`. */
export class RecordError extends Error {
  override readonly name = "RecordError";
}

/** The same as `decodeRecord` for JSON that is parsed already. */
export function readRecord(json: unknown): ServiceRecord {
  const fields = readObject(json, "record");
  const name = readString(fieldOf(fields, "name"), "name");
  if (name === "") throw new RecordError(`name: expected the service's name, found none in ${show(json)}`);
  return {
    name,
    version: readString(fieldOf(fields, "version"), "version"),
    metadata: readMetadata(fieldOf(fields, "metadata"), "metadata"),
    endpoints: readEndpoints(fieldOf(fields, "endpoints"), "endpoints"),
    nodes: readList(fieldOf(fields, "nodes"), "nodes", readNode),
  };
}

/** Reads parsed JSON as the `endpoints` of a record; `at` is what an error calls it. */
export function readEndpoints(json: unknown, at = "endpoints"): Endpoint[] {
  return readList(json, at, readEndpoint);
}

/** Reads parsed JSON as metadata. The result has no prototype, so that any key is only a key. */
export function readMetadata(json: unknown, at = "metadata"): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null);
  if (json === null || json === undefined) return metadata;
  const entries = readObject(json, at);
  for (const key of Object.keys(entries)) metadata[key] = readString(entries[key], `${at}.${key}`);
  return metadata;
}

function encodeNode({ id, address, metadata }: Node): string {
  return `{"id":${text(id)},"address":${text(address)},"metadata":${encodeMetadata(metadata)}}`;
}

function encodeEndpoint({ name, request, response, metadata }: Endpoint): string {
  const shapes = `"request":${encodeValue(request)},"response":${encodeValue(response)}`;
  return `{"name":${text(name)},${shapes},"metadata":${encodeMetadata(metadata)}}`;
}

function encodeValue(value: Value | undefined): string {
  if (!value) return "null";
  return `{"name":${text(value.name)},"type":${text(value.type)},"values":${list(value.values, encodeValue)}}`;
}

function list<T>(items: readonly T[], encode: (item: T) => string): string {
  return items.length > 0 ? `[${items.map(encode).join(",")}]` : "null";
}

function text(value: string): string {
  return JSON.stringify(value).replace(
    htmlSensitive,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const htmlSensitive = /[<>&\u2028\u2029]/g;

/** Orders strings as Go does, by their UTF-8 bytes; JavaScript's own order differs beyond U+FFFF. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

// Surrogates stand for characters above all that are written with one unit, such as U+FF5E.
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}

function readNode(json: unknown, at: string): Node {
  const fields = readObject(json, at);
  const address = readString(fieldOf(fields, "address"), `${at}.address`);
  return {
    id: readString(fieldOf(fields, "id"), `${at}.id`),
    address: withPort(address, readPort(fieldOf(fields, "port"), `${at}.port`)),
    metadata: readMetadata(fieldOf(fields, "metadata"), `${at}.metadata`),
  };
}

function readEndpoint(json: unknown, at: string): Endpoint {
  const fields = readObject(json, at);
  return {
    name: readString(fieldOf(fields, "name"), `${at}.name`),
    request: readValue(fieldOf(fields, "request"), `${at}.request`),
    response: readValue(fieldOf(fields, "response"), `${at}.response`),
    metadata: readMetadata(fieldOf(fields, "metadata"), `${at}.metadata`),
  };
}

function readValue(json: unknown, at: string): Value | undefined {
  return json === null || json === undefined ? undefined : readPresentValue(json, at);
}

function readPresentValue(json: unknown, at: string): Value {
  const fields = readObject(json, at);
  return {
    name: readString(fieldOf(fields, "name"), `${at}.name`),
    type: readString(fieldOf(fields, "type"), `${at}.type`),
    values: readList(fieldOf(fields, "values"), `${at}.values`, readPresentValue),
  };
}

function readPort(json: unknown, at: string): number {
  if (json === null || json === undefined) return 0;
  if (typeof json === "number" && Number.isInteger(json) && json >= 0 && json <= 65_535) return json;
  throw new RecordError(`${at}: expected a port number, found ${show(json)}`);
}

// A message queue's bare address had port 0, and an address that names its port already keeps it.
function withPort(address: string, port: number): string {
  if (port === 0 || /^[^:]*:\d+$|\]:\d+$/.test(address)) return address;
  return address.includes(":") && !address.startsWith("[") ? `[${address}]:${port}` : `${address}:${port}`;
}

function readString(json: unknown, at: string): string {
  if (json === null || json === undefined) return "";
  if (typeof json === "string") return json;
  throw new RecordError(`${at}: expected a string, found ${show(json)}`);
}

// Go leaves a nil pointer where an element is null; there is nothing in it to keep.
function readList<T>(json: unknown, at: string, read: (item: unknown, at: string) => T): T[] {
  if (json === null || json === undefined) return [];
  if (!Array.isArray(json)) throw new RecordError(`${at}: expected a list, found ${show(json)}`);
  return json.flatMap((item, i) => (item === null ? [] : [read(item, `${at}[${i}]`)]));
}

/** What stands under a key, in whatever case it is written; undefined when that is nothing or `null`. */
function fieldOf(object: Readonly<Record<string, unknown>>, key: string): unknown {
  const exact = object[key];
  if (exact !== undefined && exact !== null) return exact;
  for (const other in object) {
    if (other.length !== key.length || other.toLowerCase() !== key) continue;
    const value = object[other];
    if (value !== null) return value;
  }
  return undefined;
}

function readObject(json: unknown, at: string): Readonly<Record<string, unknown>> {
  if (isObject(json)) return json;
  throw new RecordError(`${at}: expected an object, found ${show(json)}`);
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function show(json: unknown): string {
  return excerpt(JSON.stringify(json) ?? String(json));
}

function excerpt(source: string): string {
  return source.length > 80 ? `${source.slice(0, 80)}…` : source === "" ? "nothing" : source;
}
