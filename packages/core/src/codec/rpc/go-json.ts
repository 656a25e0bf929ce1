import { Buffer } from "node:buffer";
import { formatJson } from "../json-text.ts";

/** JSON in which `<`, `>`, `&`, U+2028 and U+2029 are escapes, as Go's encoder writes them. The value stays the same. */
export function escapeHtml(json: Uint8Array): Uint8Array {
  const buffer = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  if (!special.some((bytes) => buffer.includes(bytes))) return json;
  return Buffer.from(escapedText(buffer.toString()));
}

/** The JSON of a value as Go writes it. */
export function goJson(value: unknown): string {
  return escapedText(formatJson(value));
}

/** The JSON of a body without the white space around it; `null` when there is none. */
export function bodyText(body: Uint8Array): string {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString().trim();
  return text === "" ? "null" : escapedText(text);
}

// In valid JSON these stand in strings only.
const special = [0x3c, 0x3e, 0x26, Buffer.from("\u2028"), Buffer.from("\u2029")];
const specials = /[<>&\u2028\u2029]/g;

function escapedText(json: string): string {
  return json.replace(specials, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
