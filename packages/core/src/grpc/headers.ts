import { Metadata } from "@grpc/grpc-js";
import { formatTimeoutHeader } from "../words/deadline.ts";
import type { Metadata as Headers } from "../words/metadata.ts";

/**
 * The headers of a call as grpc-js wants them, with what go-micro adds: `timeout` in nanoseconds and the content type
 * that was asked for. Names that HTTP/2 or gRPC keep for themselves are left out; values that are not printable ASCII
 * are percent-encoded.
 */
export function callHeaders(headers: Headers, timeoutMs: number | undefined, asked: string, wire: string): Metadata {
  const result = wire === "application/grpc+proto" ? new Metadata() : new TypedMetadata(wire);
  for (const key in headers) {
    if (reserved.has(key) || key.charCodeAt(0) === 0x3a || key.startsWith("grpc-") || !legalKey.test(key)) continue;
    const value = headers[key] as string;
    if (key.endsWith("-bin")) result.set(key, Buffer.from(value, "base64"));
    else result.set(key, printable.test(value) ? value : encodeURIComponent(value));
  }
  if (timeoutMs !== undefined) result.set("timeout", formatTimeoutHeader(timeoutMs));
  result.set("x-content-type", asked);
  return result;
}

/** Headers that arrived, as a handler sees them. Binary ones stay base64. */
export function incomingHeaders(
  raw: Readonly<Record<string, string | readonly string[] | undefined>>,
  peer: string,
): Headers {
  const result: Headers = Object.create(null);
  for (const key in raw) {
    if (hidden.has(key)) continue;
    const value = raw[key];
    if (value !== undefined) result[key] = textOf(typeof value === "string" ? value : value.join(", "));
  }
  const authority = raw[":authority"];
  if (typeof authority === "string") result[":authority"] = authority;
  result.remote = peer;
  return result;
}

/** Go puts any text into headers as UTF-8, which Node reads as one character a byte. */
function textOf(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  try {
    return utf8.decode(Buffer.from(value, "latin1"));
  } catch {
    return value; // a peer of another mind
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * grpc-js writes `content-type: application/grpc` over whatever the metadata says. It does so on the object that
 * `toHttp2Headers` gives, hence one on which that write has no effect.
 */
class TypedMetadata extends Metadata {
  readonly #contentType: string;

  constructor(contentType: string) {
    super();
    this.#contentType = contentType;
  }

  override clone(): Metadata {
    const copy = new TypedMetadata(this.#contentType);
    copy.merge(this);
    return copy;
  }

  override toHttp2Headers(): ReturnType<Metadata["toHttp2Headers"]> {
    const contentType = this.#contentType;
    return Object.defineProperty(super.toHttp2Headers(), "content-type", {
      enumerable: true,
      get: () => contentType,
      set: () => undefined,
    });
  }
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
  ":authority",
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
