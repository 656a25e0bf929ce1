import { type HeaderList, HeaderTemplate } from "@micro/http2";
import type { Compression, Dispatcher } from "../../protocol/protocol.ts";
import { parseTimeoutHeader } from "../../words/deadline.ts";
import type { MethodKind } from "../../words/description.ts";
import { MicroError } from "../../words/errors.ts";
import { emptyMetadata, type Metadata, mergedMetadata } from "../../words/metadata.ts";
import { isServed } from "../content-type.ts";
import { isShown, textOf } from "../headers.ts";
import { endpointOf } from "../path.ts";
import { grpcStatus } from "../status.ts";
import { acceptedEncodings, canDecompress } from "./decompress.ts";
import { errorFields, statusFields } from "./status-fields.ts";
import { parseGrpcTimeout } from "./timeout.ts";

/** What the headers of a call say, once for all calls that have the same. */
export interface RequestHead {
  readonly endpoint: string;
  readonly kind: MethodKind;
  readonly contentType: string;
  readonly encoding: string;
  /** The shorter of go-micro's timeout and gRPC's, in milliseconds; undefined when there is neither. */
  readonly timeoutMs: number | undefined;
  /** The headers as a handler sees them: its own copy, since it may write into it. */
  readonly metadata: () => Metadata;
  /** Whether large messages of the reply are compressed. */
  readonly compresses: boolean;
  /** The headers of a reply. */
  readonly reply: HeaderTemplate;
}

/** Headers that are the whole answer: why nobody serves the call. */
export interface Refusal {
  readonly refusal: readonly string[];
}

/**
 * Reads the headers of a call. Peers send the same ones again and again, or others that begin with the same, so what they
 * say is kept on them; not so a refusal, since handlers may still be added.
 */
export function readRequest(
  headers: HeaderList,
  dispatcher: Dispatcher,
  peer: string,
  compression: Compression,
): RequestHead | Refusal {
  if (headers.memo !== undefined) return headers.memo as RequestHead;
  const { base } = headers;
  const shared = base && (base.memo ?? (saysWhat(base) && readRequest(base, dispatcher, peer, compression)));
  const head =
    (shared && withOwn(shared as RequestHead | Refusal, headers, peer)) ||
    readAll(headers, dispatcher, peer, compression);
  if (!("refusal" in head)) headers.memo = head;
  return head;
}

/** Whether these fields name an endpoint and a content type. */
function saysWhat(headers: HeaderList): boolean {
  return headers.get(":path") !== undefined && headers.get("content-type") !== undefined;
}

/** What is said of a call whose headers begin with those of `shared`; undefined when others say something else. */
function withOwn(shared: RequestHead | Refusal, headers: HeaderList, peer: string): RequestHead | Refusal | undefined {
  const { fields, base } = headers;
  let timeoutMs: number | undefined;
  for (let i = base?.fields.length ?? 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    if (name === "grpc-timeout") timeoutMs = parseGrpcTimeout(fields[i + 1]);
    else if (decisive.has(name)) return undefined;
  }
  if ("refusal" in shared) return shared;
  return {
    ...shared,
    timeoutMs: shorter(shared.timeoutMs, timeoutMs),
    metadata: metadataMaker(headers, peer, shared.metadata),
  };
}

const decisive: ReadonlySet<string> = new Set([
  ":path",
  "content-type",
  "grpc-accept-encoding",
  "grpc-encoding",
  "timeout",
]);

function shorter(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}

function readAll(
  headers: HeaderList,
  dispatcher: Dispatcher,
  peer: string,
  compression: Compression,
): RequestHead | Refusal {
  const contentType = headers.get("content-type") ?? "";
  if (!contentType.startsWith("application/grpc")) return { refusal: [":status", "415"] };
  const path = headers.get(":path") ?? "";
  const endpoint = endpointOf(path);
  if (endpoint === undefined)
    return refuse(contentType, grpcStatus.invalidArgument, `malformed method name: "${path}"`);
  const kind = dispatcher.kindOf(endpoint);
  if (!kind) {
    // In the words of go-micro's server, which calls both a service.
    const handler = endpoint.slice(0, endpoint.indexOf("."));
    return refuse(
      contentType,
      grpcStatus.unimplemented,
      `unknown service ${dispatcher.hasHandler(handler) ? endpoint : handler}`,
    );
  }
  if (!isServed(contentType)) {
    const error = new MicroError("go.micro.server", 500, `Unsupported Content-Type: ${contentType}`);
    return {
      refusal: [...statusLine(contentType), "grpc-status", String(grpcStatus.unknown), ...errorFields(error).slice(2)],
    };
  }
  const encoding = headers.get("grpc-encoding") ?? "identity";
  if (encoding !== "identity" && !canDecompress(encoding)) {
    return refuse(contentType, grpcStatus.unimplemented, `messages compressed with "${encoding}" cannot be read here`);
  }
  const accepted = headers.get("grpc-accept-encoding")?.split(",") ?? [];
  const compresses = compression !== "identity" && accepted.some((each) => each.trim() === compression);
  return {
    endpoint,
    kind,
    contentType,
    encoding,
    timeoutMs: shorter(parseTimeoutHeader(headers.get("timeout")), parseGrpcTimeout(headers.get("grpc-timeout"))),
    metadata: metadataMaker(headers, peer),
    compresses,
    reply: replyHeaders(contentType, compresses ? compression : "identity"),
  };
}

const replies = new Map<string, HeaderTemplate>();

// As many as there are content types that are served, and ways to compress.
function replyHeaders(contentType: string, compression: Compression): HeaderTemplate {
  const key = `${contentType} ${compression}`;
  let template = replies.get(key);
  if (!template) {
    const encoding = compression === "identity" ? [] : ["grpc-encoding", compression];
    template = new HeaderTemplate([...statusLine(contentType), "grpc-accept-encoding", acceptedEncodings, ...encoding]);
    replies.set(key, template);
  }
  return template;
}

function refuse(contentType: string, status: number, message: string): Refusal {
  return {
    refusal: [...statusLine(contentType), ...statusFields(status, message), "grpc-accept-encoding", acceptedEncodings],
  };
}

function statusLine(contentType: string): string[] {
  return [":status", "200", "content-type", contentType];
}

const none = emptyMetadata();

/**
 * Most blocks of headers that carry an id of their own come once, so nothing is kept for the first who asks. `shared` makes
 * that of the fields which they begin with.
 */
function metadataMaker(headers: HeaderList, peer: string, shared?: () => Metadata): () => Metadata {
  let asked = false;
  let kept: Metadata | undefined;
  return () => {
    if (!asked) {
      asked = true;
      return metadataOf(headers, peer, shared);
    }
    kept ??= metadataOf(headers, peer, shared);
    return mergedMetadata(kept, none);
  };
}

/** Headers as a handler sees them: several values of one joined with `, `, binary ones in base64. */
function metadataOf({ fields, base }: HeaderList, peer: string, shared?: () => Metadata): Metadata {
  const metadata = shared ? shared() : emptyMetadata();
  for (let i = shared && base ? base.fields.length : 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    if (!isShown(name)) continue;
    const text = textOf(fields[i + 1] as string);
    const before = metadata[name];
    metadata[name] = before === undefined ? text : `${before}, ${text}`;
  }
  metadata.remote = peer;
  return metadata;
}
