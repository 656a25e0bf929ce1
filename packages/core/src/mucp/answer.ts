import { empty, type Frame, replyTo } from "../codec/rpc/framing.ts";
import type { Message } from "../transport/transport.ts";
import type { MicroError } from "../words/errors.ts";
import type { Metadata } from "../words/metadata.ts";
import { frameBytes, type WireType } from "./content-types.ts";
import { endOfStream, micro } from "./names.ts";
import { type CallRequest, noFrame } from "./read-request.ts";

/** The answer to a unary call. */
export function valueAnswer(request: CallRequest, body: Uint8Array): Message {
  return withBody(idHeaders(request.id), request, frameBytes(request, replyTo(request.frame, body)));
}

/** One message of a stream. */
export function streamMessage(request: CallRequest, body: Uint8Array): Message {
  return withBody(streamHeaders(request), request, frameBytes(request, replyTo(request.frame, body)));
}

/** The last message of a stream that ends well. */
export function streamEnd(request: CallRequest): Message {
  return errorMessage(streamHeaders(request), request, request.frame, endOfStream);
}

/** The answer that is an error; `wire` is undefined where the content type of the request is not known. */
export function errorAnswer(
  id: string,
  wire: WireType | undefined,
  frame: Frame | undefined,
  error: MicroError,
): Message {
  return errorMessage(idHeaders(id), wire, frame ?? noFrame, error.message);
}

/** The error stands in the header, where every peer looks, and once more in a framing that has room for it. */
function errorMessage(headers: Metadata, wire: WireType | undefined, frame: Frame, text: string): Message {
  set(headers, micro.error, text);
  return wire ? withBody(headers, wire, frameBytes(wire, replyTo(frame, empty, text))) : { headers, body: empty };
}

function withBody(headers: Metadata, { contentType }: WireType, body: Uint8Array): Message {
  if (body.length > 0) headers["content-type"] = contentType;
  return { headers, body };
}

function idHeaders(id: string): Metadata {
  const headers: Metadata = {};
  if (id !== "") set(headers, micro.id, id);
  return headers;
}

function streamHeaders({ id, service, endpoint }: CallRequest): Metadata {
  const headers = idHeaders(id);
  if (service !== "") set(headers, micro.service, service);
  set(headers, micro.endpoint, endpoint);
  set(headers, micro.method, endpoint);
  return headers;
}

/** Older peers look for each name with `X-` before it. */
function set(headers: Metadata, name: string, value: string): void {
  headers[name] = value;
  headers[`x-${name}`] = value;
}
