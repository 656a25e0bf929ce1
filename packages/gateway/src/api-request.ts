import { isUtf8 } from "node:buffer";
import { badRequest, MicroError } from "@micro/core";
import { forwardedFor } from "./forwarded-for.ts";
import { gatewayId } from "./gateway-id.ts";
import type { Pair, Request } from "./gen/api.ts";
import type { Request as RawRequest } from "./gen/raw.ts";
import { canonicalHeader } from "./header-name.ts";
import { type HttpRequest, headerOf } from "./message.ts";
import { forOutsiders } from "./reserved-headers.ts";
import { urlEncodedPairs } from "./url-encoded.ts";

/**
 * The whole HTTP request as a `go.api.Request`: headers under their canonical names with all values, and `Host` and
 * `X-Forwarded-For`; the query under `get`; a form under `post`, anything else as text in `body`.
 *
 * Throws 415 for a body that is not UTF-8, which the message has no room for, and 400 for such a form.
 */
export function apiRequest(request: HttpRequest): Request {
  const { head, media, body } = partsOf(request);
  if (!isUtf8(body)) throw noText(media);
  return { ...head, body: textOf(body) };
}

/** The same for an endpoint that takes its body as bytes, whatever they are. */
export function rawApiRequest(request: HttpRequest): RawRequest {
  const { head, body } = partsOf(request);
  return { ...head, body };
}

/** The message and its body, which is empty where it is a form; that stands under `post`. */
function partsOf(request: HttpRequest): { head: Omit<Request, "body">; media: string; body: Uint8Array } {
  const { method, path, url, body } = request;
  const [contentType, media] = contentTypeOf(request);
  const isForm = media === "application/x-www-form-urlencoded" && formVerbs.has(method);
  const head = {
    method,
    path,
    url,
    header: headerPairs(request, contentType),
    get: pairsOf(urlEncodedPairs(request.query, "query")),
    post: isForm ? pairsOf(urlEncodedPairs(formText(body), "form")) : emptyPairs(),
  };
  return { head, media, body: isForm ? nothing : body };
}

const nothing = new Uint8Array(0);

type Pairs = Record<string, Pair>;

const formVerbs: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/** As received, and without its parameters in lower case. A missing or unreadable one counts as plain text. */
function contentTypeOf(request: HttpRequest): [full: string, media: string] {
  const given = headerOf(request, "content-type");
  const media = given?.split(";", 1)[0]?.trim().toLowerCase();
  if (given === undefined || media === undefined || !mediaType.test(media))
    return ["text/plain; charset=UTF-8", "text/plain"];
  return [given, media];
}

const mediaType = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/;

function formText(body: Uint8Array): string {
  if (!isUtf8(body)) throw badRequest(gatewayId, "form is not UTF-8");
  return textOf(body);
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8");
}

function noText(media: string): MicroError {
  return new MicroError(
    gatewayId,
    415,
    `body (${media}) is not UTF-8, and the endpoint takes it as text; what carries bytes is a body declared as bytes (go.api.raw.Request), an rpc endpoint with a bytes field (multipart/form-data or application/protobuf), or the http handler`,
  );
}

/**
 * The headers of a request by their canonical names, with `Host`, `X-Forwarded-For` with the peer appended, `-Host`, `-Proto` and
 * `X-Request-Id`; without those that only the system may say.
 */
export function headerPairs(request: HttpRequest, contentType?: string): Pairs {
  const pairs = emptyPairs();
  const { rawHeaders, fromProxy = false, scheme = "http", id, trusted = {} } = request;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (forOutsiders(name.toLowerCase())) add(pairs, canonicalHeader(name), rawHeaders[at + 1] ?? "");
  }
  if (contentType !== undefined) only(pairs, "Content-Type", contentType);
  const host = headerOf(request, "host") ?? "";
  only(pairs, "Host", host);
  const via = forwardedFor(request);
  if (via !== "") only(pairs, "X-Forwarded-For", via);
  if (!fromProxy || !pairs["X-Forwarded-Host"]) only(pairs, "X-Forwarded-Host", host);
  if (!fromProxy || !pairs["X-Forwarded-Proto"]) only(pairs, "X-Forwarded-Proto", scheme);
  if (id !== undefined) only(pairs, "X-Request-Id", id);
  for (const [name, value] of Object.entries(trusted)) only(pairs, canonicalHeader(name), value);
  return pairs;
}

function pairsOf(values: ReturnType<typeof urlEncodedPairs>): Pairs {
  const pairs = emptyPairs();
  for (const [key, value = ""] of values) add(pairs, key, value);
  return pairs;
}

/** Without a prototype, since the keys come from outside. */
function emptyPairs(): Pairs {
  return Object.create(null) as Pairs;
}

function add(pairs: Pairs, key: string, value: string): void {
  const pair = pairs[key];
  if (pair) pair.values.push(value);
  else only(pairs, key, value);
}

function only(pairs: Pairs, key: string, value: string): void {
  pairs[key] = { key, values: [value] };
}
