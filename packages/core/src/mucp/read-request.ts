import { empty, type Frame } from "../codec/rpc/framing.ts";
import { type FramingTable, framingFor } from "../codec/rpc/framings.ts";
import type { Message } from "../transport/transport.ts";
import { MicroError } from "../words/errors.ts";
import type { Metadata } from "../words/metadata.ts";
import { bodyContentType, type WireType } from "./content-types.ts";
import { micro, microHeader } from "./names.ts";

/** A message that asks for something. */
export interface CallRequest extends WireType {
  readonly headers: Metadata;
  /** What the header says; empty where the message alone has an id, or none. */
  readonly id: string;
  /** What the caller takes the service to be called. */
  readonly service: string;
  readonly endpoint: string;
  readonly frame: Frame;
  /** The content type of `frame.body`. */
  readonly bodyType: string;
}

const fallbackType = "application/protobuf"; // as in go-micro

/** Takes a message apart. Throws the `MicroError` that answers one which cannot be. */
export function readRequest({ headers, body, refusal }: Message, own: FramingTable): CallRequest {
  if (refusal) throw refusal;
  const legacy = isLegacy(headers);
  const wire = wireTypeOf(headers, body, legacy, own);
  let frame: Frame;
  try {
    frame = wire.framing.read(body, "request");
  } catch (reason) {
    const detail = `rpc: router cannot decode request: ${reason instanceof Error ? reason.message : reason}`;
    throw new MicroError("go.micro.server", 400, detail, { cause: reason });
  }
  const endpoint = microHeader(headers, micro.endpoint) || microHeader(headers, micro.method) || frame.method;
  if (!/^[^.]+\.[^.]+$/.test(endpoint)) {
    throw new MicroError("go.micro.server", 400, `rpc: service/endpoint request ill-formed: ${endpoint.slice(0, 200)}`);
  }
  return {
    ...wire,
    headers,
    id: microHeader(headers, micro.id),
    service: microHeader(headers, micro.service),
    endpoint,
    frame,
    bodyType: bodyContentType(wire, own),
  };
}

/** What an answer to a message that could not be taken apart is framed by: its content type as far as it is known. */
export function framingOf({ headers, body }: Message, own: FramingTable): WireType | undefined {
  const contentType = typeOf(headers, body, isLegacy(headers));
  const framing = framingFor(contentType, { legacy: isLegacy(headers), own });
  return framing && { contentType, framing };
}

/** The frame of a message whose bytes do not matter. */
export const noFrame: Frame = { kind: "request", id: "", method: "", body: empty };

/**
 * Whether a message is from a peer that puts nothing of mucp into the headers, so that its bytes must tell all.
 * Source: go-micro v2.9.1 `server/rpc_codec.go`, `setupProtocol`.
 */
export function isLegacy(headers: Metadata): boolean {
  const has = (name: string): boolean => microHeader(headers, name) !== "";
  if (has(micro.protocol) || has(micro.topic)) return false;
  if (!has(micro.service) && !has(micro.method) && !has(micro.endpoint)) return true;
  return has(micro.target);
}

function wireTypeOf(headers: Metadata, body: Uint8Array, legacy: boolean, own: FramingTable): WireType {
  const contentType = typeOf(headers, body, legacy);
  const framing = framingFor(contentType, { legacy, own });
  if (!framing) throw new MicroError("go.micro.server", 500, `Unsupported Content-Type: ${contentType.slice(0, 200)}`);
  return { contentType, framing };
}

/** The content type without parameters, which is what a reply repeats. */
function typeOf(headers: Metadata, body: Uint8Array, legacy: boolean): string {
  const named = (headers["content-type"]?.split(";", 1)[0] ?? "").trim().toLowerCase();
  // What `curl -d '{…}'` says of it, unless told otherwise. No other form of ours begins with a brace.
  if (legacy && body[0] === brace && (named === "" || named === "application/x-www-form-urlencoded")) {
    return "application/json";
  }
  return named || fallbackType;
}

const brace = 0x7b;
