import { forwardedFor } from "./forwarded-for.ts";
import { ofOneConnection } from "./header-name.ts";
import { type GatewayRequest, headerOf } from "./message.ts";
import { forOutsiders } from "./reserved-headers.ts";

/**
 * The header lines to pass a request on with, names and values in turn: those of the caller, the Host header included,
 * without what belongs to one connection and what only the system may say; `x-forwarded-for`, `-host` and `-proto`,
 * `x-request-id`, and what the gateway says itself.
 */
export function passedHeaders(request: GatewayRequest): string[] {
  const { rawHeaders, headers, scheme = "http", fromProxy, trusted = {} } = request;
  const listed = connectionListed(headers.connection);
  const lines: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    const key = name.toLowerCase();
    if (dropped.has(key) || listed.has(key) || !forOutsiders(key) || key in trusted) continue;
    if (!fromProxy && (key === "x-forwarded-host" || key === "x-forwarded-proto")) continue;
    lines.push(name, rawHeaders[at + 1] ?? "");
  }
  const via = forwardedFor(request);
  if (via !== "") lines.push("X-Forwarded-For", via);
  const host = headerOf(request, "host");
  if (host !== undefined && !(fromProxy && headers["x-forwarded-host"])) lines.push("X-Forwarded-Host", host);
  if (!(fromProxy && headers["x-forwarded-proto"])) lines.push("X-Forwarded-Proto", scheme);
  lines.push("X-Request-Id", request.id);
  for (const [name, value] of Object.entries(trusted)) lines.push(name, value);
  return lines;
}

/** Pairs of a service's header lines that are for the caller: without what belongs to one connection. */
export function returnedHeaders(raw: readonly string[]): [name: string, value: string][] {
  const lines: [string, string][] = [];
  let listed = nothing;
  for (let at = 0; at + 1 < raw.length; at += 2)
    if (raw[at]?.toLowerCase() === "connection") listed = connectionListed(raw[at + 1]);
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const key = name.toLowerCase();
    if (key !== "content-length" && ofOneConnection.has(key)) continue;
    if (!listed.has(key)) lines.push([name, raw[at + 1] ?? ""]);
  }
  return lines;
}

const nothing: ReadonlySet<string> = new Set();

/** Headers named by `connection` end at this hop. */
function connectionListed(connection: string | readonly string[] | undefined): ReadonlySet<string> {
  if (typeof connection !== "string" || connection === "keep-alive" || connection === "close") return nothing;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}

// A length stays, since the body does; what was expected has been answered by Node already.
const dropped: ReadonlySet<string> = new Set([
  ...[...ofOneConnection].filter((name) => name !== "content-length"),
  "expect",
  "proxy-authorization",
  "proxy-authenticate",
  "x-forwarded-for",
  "x-request-id",
]);
