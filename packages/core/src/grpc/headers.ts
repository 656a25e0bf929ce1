import type { OutgoingCall } from "../protocol/protocol.ts";
import { isReserved, joined } from "../protocol/reply-metadata.ts";
import { formatTimeoutHeader } from "../words/deadline.ts";
import { emptyMetadata, type Metadata } from "../words/metadata.ts";

/**
 * The headers of a call that are the program's, and those that go-micro adds: `timeout` in nanoseconds and the content
 * type that was asked for. Names that HTTP/2 or gRPC keep for themselves are left out; values that are not printable
 * ASCII are percent-encoded. A flat list, name, value, name, value, …; binary ones (`…-bin`) are base64.
 */
export function callHeaders(metadata: Metadata, timeoutMs: number | undefined, asked: string): string[] {
  return [...metadataFields(metadata), ...addedFields(timeoutMs, asked)];
}

/** What a handler is shown of a call that took no wire: the same as if it had. */
export function receivedMetadata({ metadata, timeoutMs, target }: OutgoingCall, peer: string): Metadata {
  const received = joined(callHeaders(metadata, timeoutMs, target.contentType));
  received.remote = peer;
  return received;
}

/** The program's own, as a flat list. */
export function metadataFields(metadata: Metadata): string[] {
  const fields: string[] = [];
  for (const given in metadata) {
    const name = sentName(given);
    if (name === "") continue;
    const value = metadata[given] as string;
    fields.push(name, printable.test(value) ? value : encodeURIComponent(value.toWellFormed()));
  }
  return fields;
}

/** Those that go-micro adds. */
export function addedFields(timeoutMs: number | undefined, asked: string): string[] {
  const fields = ["x-content-type", asked];
  return timeoutMs === undefined ? fields : ["timeout", formatTimeoutHeader(timeoutMs), ...fields];
}

// What programs call their metadata, by what it is sent as; "" for what is not sent. Names are few and come again with
// each call; where somebody makes up new ones for ever, they are looked at anew each time.
const sentNames = new Map<string, string>();
const mostSentNames = 1024;

function sentName(given: string): string {
  const known = sentNames.get(given);
  if (known !== undefined) return known;
  const name = given.toLowerCase();
  const sent = reserved.has(name) || name.startsWith("grpc-") || !legalKey.test(name) ? "" : name;
  if (sentNames.size < mostSentNames) sentNames.set(given, sent);
  return sent;
}

/** Go puts any text into headers as UTF-8, which arrives here as one character a byte. */
export function textOf(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  try {
    return utf8.decode(Buffer.from(value, "latin1"));
  } catch {
    return value; // a peer of another mind
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Whether a header that arrived is shown to handlers; the others belong to the connection or to gRPC. */
export function isShown(name: string): boolean {
  return !hidden.has(name);
}

/** Headers or trailers of a reply as its caller sees them: the program's own, several values of one joined with `, `. */
export function replyMetadata(fields: Iterable<readonly [name: string, value: string]>): Metadata {
  const metadata = emptyMetadata();
  for (const [name, value] of fields) {
    if (name.startsWith(":") || isReserved(name)) continue;
    const text = textOf(value);
    metadata[name] = name in metadata ? `${metadata[name]}, ${text}` : text;
  }
  return metadata;
}

const legalKey = /^[0-9a-z_.-]+$/;
const printable = /^[ -~]*$/;

const reserved: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "content-type",
  "host",
  "http2-settings",
  "keep-alive",
  "local",
  "proxy-connection",
  "remote",
  "te",
  "timeout",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "x-content-type",
]);

const hidden: ReadonlySet<string> = new Set([
  ":method",
  ":path",
  ":scheme",
  "accept-encoding",
  "grpc-accept-encoding",
  "grpc-encoding",
  "grpc-timeout",
  "te",
  "timeout",
  "x-content-type",
]);
