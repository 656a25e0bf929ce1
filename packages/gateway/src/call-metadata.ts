import { type Metadata, metadata } from "@micro/core";
import { forwardedFor } from "./forwarded-for.ts";
import type { HttpRequest } from "./message.ts";
import { forOutsiders } from "./reserved-headers.ts";

/**
 * The request's headers as metadata of a call: keys in lower case, several values joined with `, `; besides them
 * `method` (the HTTP verb), `x-forwarded-for` with the peer's address appended, `x-forwarded-host` (the Host header: `host`
 * itself is HTTP's own and no gRPC peer may be sent a second one), `x-forwarded-proto` and `x-request-id`; and whatever the
 * gateway says itself, in `trusted`. What a peer that is no trusted proxy says of host and protocol does not count.
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
    if (!value || withheld.has(name) || name.endsWith("-bin") || !forOutsiders(name)) continue;
    result[name] = typeof value === "string" ? value : value.join(", ");
  }
  if (typeof headers.connection === "string") dropListed(result, headers.connection);
  const via = forwardedFor(request);
  if (via !== "") result["x-forwarded-for"] = via;
  addForwarded(result, request);
  if (request.id !== undefined) result["x-request-id"] = request.id;
  result.method = request.method;
  if (request.trusted) Object.assign(result, request.trusted);
  return result;
}

function addForwarded(result: Metadata, { headers, scheme = "http", fromProxy = false }: HttpRequest): void {
  const { host } = headers;
  const told = fromProxy ? result["x-forwarded-host"] : undefined;
  if (told === undefined) {
    if (typeof host === "string" && host !== "") result["x-forwarded-host"] = host;
    else delete result["x-forwarded-host"];
  }
  if (!fromProxy || result["x-forwarded-proto"] === undefined) result["x-forwarded-proto"] = scheme;
}

/** Headers named by `connection` end at this hop. */
function dropListed(result: Metadata, connection: string): void {
  if (connection === "keep-alive" || connection === "close") return;
  for (const name of connection.split(",")) delete result[name.trim().toLowerCase()];
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
  "x-request-id",
]);
