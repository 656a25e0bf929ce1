import { Buffer } from "node:buffer";
import type { Frame, FrameKind, Framing } from "@micro/core";
import { type BsonOptions, bsonCodec } from "./bson-codec.ts";
import { readText } from "./message-form.ts";
import { readDocument } from "./reader.ts";
import { writeBson } from "./writer.ts";

/**
 * The framing bson-rpc for mucp: a document `{ServiceMethod, Seq}`, in responses with `Error`, and after it the document
 * of the value; an event is the value alone. A frame without value, as that of an error, ends after the first.
 */
export function bsonRpc(options: BsonOptions = {}): Framing {
  return { name: "bson-rpc", codec: bsonCodec(options), write, read };
}

const nothing = new Uint8Array(0);

function write({ kind, method, id, error = "", body }: Frame): Uint8Array {
  if (kind === "event") return body;
  const call = { ServiceMethod: Buffer.from(method), Seq: Buffer.from(id) };
  const head = writeBson(kind === "request" ? call : { ...call, Error: Buffer.from(error) });
  return error === "" ? Buffer.concat([head, body]) : head;
}

function read(message: Uint8Array, kind: FrameKind): Frame {
  const frame = { kind, id: "", method: "", body: nothing };
  if (message.length === 0) return frame;
  if (kind === "event") return { ...frame, body: message };
  const headEnd = documentEnd(message, 0, `the head of a bson-rpc ${kind}`);
  const head = readDocument(message.subarray(0, headEnd));
  const error = kind === "response" ? textMember(head, "Error") : "";
  return {
    kind,
    id: textMember(head, "Seq"),
    method: textMember(head, "ServiceMethod"),
    ...(error !== "" && { error }),
    body: error === "" ? bodyOf(message.subarray(headEnd), kind) : nothing,
  };
}

function bodyOf(rest: Uint8Array, kind: FrameKind): Uint8Array {
  if (rest.length === 0) return nothing;
  const end = documentEnd(rest, 0, `the value of a bson-rpc ${kind}`);
  if (end < rest.length) throw new Error(`bson-rpc ${kind}: ${rest.length - end} bytes after the value`);
  return rest;
}

/** Where the document that begins at `start` says that it ends. */
function documentEnd(message: Uint8Array, start: number, what: string): number {
  const left = message.length - start;
  if (left < smallest) throw new Error(`${what} is cut off: ${left} bytes, the smallest document has ${smallest}`);
  const length = new DataView(message.buffer, message.byteOffset + start).getInt32(0, true);
  if (length < smallest || length > left) throw new Error(`${what} claims ${length} bytes, ${left} are left`);
  return start + length;
}

// The length and a zero.
const smallest = 5;

/** A member of the head, in both forms of a string; empty when it is not there. */
function textMember(head: Record<string, unknown>, name: string): string {
  const value = head[name] ?? head[name.toLowerCase()] ?? "";
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return readText(value);
  throw new Error(`bson-rpc: expected a string as ${name}, got ${typeof value}`);
}
