import { Buffer, isUtf8 } from "node:buffer";
import type { BrokerMessage } from "@micro/core";

/** A message's body as people read it: its text, or base64 when it is none. */
export function messageText({ body }: BrokerMessage): string {
  return isUtf8(body) ? textOf(body) : base64(body);
}

/** `{"topic", "headers", "body"}` on one line: the body as JSON where it is JSON, else its text; `base64` in its place when it is no text. */
export function messageJson(topic: string, message: BrokerMessage): string {
  return `{"topic":${JSON.stringify(topic)},"headers":${JSON.stringify(message.headers)},${bodyMember(message.body)}}`;
}

function bodyMember(body: Uint8Array): string {
  if (!isUtf8(body)) return `"base64":"${base64(body)}"`;
  const text = textOf(body);
  return `"body":${isJson(text) ? oneLine(text) : JSON.stringify(text)}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // the question, not a failure
  }
}

// Line breaks stand only between the parts of a JSON text; within strings they are escaped.
function oneLine(json: string): string {
  return json.replace(/[\r\n]+\s*/g, "");
}

function textOf(body: Uint8Array): string {
  return bytesOf(body).toString("utf8").trim();
}

function base64(body: Uint8Array): string {
  return bytesOf(body).toString("base64");
}

function bytesOf(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
