import type { CallTarget, OutgoingCall } from "../protocol/protocol.ts";
import { formatTimeoutHeader } from "../words/deadline.ts";
import { MicroError } from "../words/errors.ts";
import type { Metadata } from "../words/metadata.ts";
import { type WireType, type WireTypeOptions, wireTypeOf } from "./content-types.ts";
import { micro } from "./names.ts";

/** What can be known about a call before its id. */
export interface RequestPlan extends WireType {
  readonly metadata: Metadata;
  /** All headers but id and timeout. */
  readonly headers: Metadata;
}

/** Makes plans, and keeps the last of each endpoint: most calls of one carry the same metadata object. */
export function requestPlanner(options: WireTypeOptions): (call: OutgoingCall) => RequestPlan {
  const lastOf = new WeakMap<CallTarget, RequestPlan>();
  return ({ target, metadata }) => {
    const last = lastOf.get(target);
    if (last?.metadata === metadata) return last;
    const wire = last ?? wireTypeOf(target.contentType, target.kind, options);
    if (!wire) throw new MicroError("go.micro.client", 500, `Unsupported Content-Type: ${target.contentType}`);
    const { contentType, framing } = wire;
    const plan = { contentType, framing, metadata, headers: baseHeaders(target, metadata, contentType) };
    lastOf.set(target, plan);
    return plan;
  };
}

/** The headers of one message; a timeout tells what is left of the call's time. */
export function requestHeaders({ headers }: RequestPlan, id: string, { timeoutMs, deadline }: OutgoingCall): Metadata {
  const left = Math.min(timeoutMs ?? Number.POSITIVE_INFINITY, deadline - Date.now());
  const result: Metadata = { ...headers, [micro.id]: id };
  if (left !== Number.POSITIVE_INFINITY) result.timeout = formatTimeoutHeader(Math.max(0, left));
  return result;
}

function baseHeaders({ service, endpoint }: CallTarget, metadata: Metadata, contentType: string): Metadata {
  const headers: Metadata = {};
  for (const key in metadata) {
    if (reserved.has(key) || key.startsWith("grpc-") || !legalKey.test(key)) continue;
    const value = metadata[key] as string;
    headers[key] = control.test(value) ? value.replace(everyControl, " ") : value;
  }
  headers.accept = contentType;
  headers["content-type"] = contentType;
  headers[micro.service] = service;
  headers[micro.endpoint] = endpoint;
  headers[micro.method] = endpoint;
  return headers;
}

// No transport over HTTP can carry them, and go-micro writes a space in their place.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\x00-\x08\x0a-\x1f\x7f]/;
const everyControl: RegExp = new RegExp(control, "g");

const legalKey = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

// What belongs to the connection, to one message, or to one hop.
const reserved: ReadonlySet<string> = new Set([
  "__proto__",
  "accept",
  "connection",
  "content-length",
  "content-type",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "local",
  "proxy-connection",
  "remote",
  "te",
  "timeout",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  ...Object.values(micro),
  ...Object.values(micro).map((name) => `x-${name}`),
]);
