import { type Metadata, metadata } from "@micro/core";
import { forwardedFor } from "./forwarded-for.ts";
import type { HttpRequest } from "./message.ts";

/**
 * The request's headers as metadata of a call: keys in lower case, several values joined with `, `; besides them
 * `host`, `method` (the HTTP verb) and `x-forwarded-for` with the peer's address appended.
 *
 * Left out is what belongs to one connection or one message, what gRPC and the framework keep for themselves
 * (`grpc-*`, `micro-*`, `timeout`, …), the names by which older gateways filled message fields (`x-api-field-*`,
 * `x-api-body`), empty values, and whatever the `connection` header lists. A caller outside can therefore not pose
 * as a part of the system.
 */
export function callMetadata(request: HttpRequest): Metadata {
  const result = metadata();
  const { headers } = request;
  for (const name in headers) {
    const value = headers[name];
    if (!value || withheld.has(name) || name.endsWith("-bin") || reserved(name)) continue;
    result[name] = typeof value === "string" ? value : value.join(", ");
  }
  if (typeof headers.connection === "string") dropListed(result, headers.connection);
  if (typeof headers.host === "string" && headers.host !== "") result.host = headers.host;
  const via = forwardedFor(request);
  if (via !== "") result["x-forwarded-for"] = via;
  result.method = request.method;
  return result;
}

/** Headers named by `connection` end at this hop. */
function dropListed(result: Metadata, connection: string): void {
  if (connection === "keep-alive" || connection === "close") return;
  for (const name of connection.split(",")) delete result[name.trim().toLowerCase()];
}

/** Decided by the first letters, which spares most names four comparisons. */
function reserved(name: string): boolean {
  switch (name.charCodeAt(0)) {
    case 0x3a: // ":"
      return true;
    case 0x67: // "g"
      return name.startsWith("grpc-");
    case 0x6d: // "m"
      return name.startsWith("micro-");
    case 0x78: // "x"
      return name.startsWith("x-api-field-") || name === "x-api-body";
    default:
      return false;
  }
}

// Beside the hop-by-hop headers of RFC 9110: `method`, `host`, `remote` and `local` are set by gateway and server,
// `timeout` and `x-content-type` by the client of the call, and `-bin` names would be read as base64 by gRPC.
const withheld: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "local",
  "method",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "remote",
  "te",
  "timeout",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-content-type",
  "x-forwarded-for",
]);
