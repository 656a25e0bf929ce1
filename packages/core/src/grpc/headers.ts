import { isReserved } from "../protocol/reply-metadata.ts";
import { formatTimeoutHeader } from "../words/deadline.ts";
import type { Metadata } from "../words/metadata.ts";

/**
 * The headers of a call that are the program's, and those that go-micro adds: `timeout` in nanoseconds and the content
 * type that was asked for. Names that HTTP/2 or gRPC keep for themselves are left out; values that are not printable
 * ASCII are percent-encoded. Each entry is a name and a value; binary ones (`…-bin`) are base64.
 */
export function callHeaders(
  metadata: Metadata,
  timeoutMs: number | undefined,
  asked: string,
): [name: string, value: string][] {
  const headers: [string, string][] = [];
  for (const given in metadata) {
    const key = given.toLowerCase();
    if (reserved.has(key) || key.startsWith("grpc-") || !legalKey.test(key)) continue;
    const value = metadata[given] as string;
    headers.push([key, printable.test(value) ? value : encodeURIComponent(value.toWellFormed())]);
  }
  if (timeoutMs !== undefined) headers.push(["timeout", formatTimeoutHeader(timeoutMs)]);
  headers.push(["x-content-type", asked]);
  return headers;
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
  const metadata: Metadata = Object.create(null);
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
