import { Buffer } from "node:buffer";
import { encodeMetadata, readMetadata } from "../../registry/record.ts";
import { type Metadata, metadata, titleCase } from "../../words/metadata.ts";
import type { BrokerMessage } from "../broker.ts";

/**
 * A message as Go writes it, byte for byte: header keys spelled as Go programs do and sorted by their bytes,
 * HTML-sensitive characters escaped, the body in base64 with padding, an empty one as `null`.
 * `extra` are headers that keep their spelling.
 */
export function encodeMessage({ headers, body }: BrokerMessage, extra: Readonly<Record<string, string>> = {}): Buffer {
  const titled: Metadata = Object.create(null);
  for (const key in headers) titled[titleCase(key)] = headers[key] as string;
  const base64 =
    body.length > 0 ? `"${Buffer.from(body.buffer, body.byteOffset, body.length).toString("base64")}"` : "null";
  return Buffer.from(`{"Header":${encodeMetadata(Object.assign(titled, extra))},"Body":${base64}}`);
}

/**
 * Reads a message: `null` may stand for anything but the whole, the keys `Header` and `Body` match in any case, unknown
 * ones are ignored, and of headers that differ in case the last wins. Throws an `Error` that says what is wrong.
 */
export function decodeMessage(bytes: Uint8Array, maxHeaders: number): BrokerMessage {
  const json: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"));
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new TypeError(`expected an object with Header and Body, found ${show(json)}`);
  let headers: unknown;
  let body: unknown;
  for (const [key, value] of Object.entries(json)) {
    const known = key.toLowerCase();
    if (known === "header") headers = value;
    else if (known === "body") body = value;
  }
  const entries = readMetadata(headers, "Header");
  const count = Object.keys(entries).length;
  if (count > maxHeaders) throw new RangeError(`Header: ${count} headers, at most ${maxHeaders} are allowed`);
  return { headers: metadata(entries), body: readBody(body) };
}

function readBody(json: unknown): Uint8Array {
  if (json === null || json === undefined) return new Uint8Array(0);
  if (typeof json !== "string") throw new TypeError(`Body: expected base64 text, found ${show(json)}`);
  // Go's decoder skips line ends and takes nothing else that Node's would overlook.
  const text = /[\r\n]/.test(json) ? json.replace(/[\r\n]/g, "") : json;
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    throw new TypeError(`Body: expected base64 text with padding, found ${show(json)}`);
  return new Uint8Array(Buffer.from(text, "base64"));
}

function show(json: unknown): string {
  const text = JSON.stringify(json) ?? String(json);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
