import { isUtf8 } from "node:buffer";
import { badRequest } from "@micro/core";
import type { CallType } from "./call-type.ts";
import { unwrapJsonRpc, unwrapProtoRpc } from "./envelope.ts";
import { gatewayId } from "./gateway-id.ts";
import { isObjectText, jsonText, overlay } from "./json-text.ts";
import { type HttpRequest, headerOf } from "./message.ts";
import { queryObject } from "./query-object.ts";
import { urlEncodedPairs } from "./url-encoded.ts";

/**
 * The bytes to call an endpoint with.
 *
 * JSON: the query as an object, and for requests that may have a body the body's members laid over it. A body that
 * is no object takes the query's place. Without a query the body passes byte for byte. No query and no body is `{}`.
 * Forms: a flat object of texts, several values of one field joined with `,`, laid over the query.
 * Protobuf: the body as it is; the query has no place in it and is ignored.
 *
 * Throws 400 when the body is not what its type says.
 */
export function rpcPayload(request: HttpRequest, type: CallType): Uint8Array {
  const { method, query } = request;
  if (type.kind === "protobuf") return type.envelope ? unwrapProtoRpc(request.body) : request.body;
  const body = method === "GET" || method === "HEAD" ? nothing : request.body;
  if (body.length === 0) return query === "" ? emptyObject : Buffer.from(jsonText(queryObject(query)));

  const text = type.kind === "form" ? formText(body) : jsonBody(request, body);
  const inner = type.envelope ? unwrapJsonRpc(text) : text;
  if (query !== "" && isObjectText(inner)) return Buffer.from(overlay(queryObject(query), inner));
  return inner === text && type.kind === "json" ? body : Buffer.from(inner);
}

const nothing = new Uint8Array(0);
const emptyObject = Buffer.from("{}");

function jsonBody(request: HttpRequest, body: Uint8Array): string {
  const text = utf8Text(body);
  try {
    JSON.parse(text);
  } catch (reason) {
    const type = headerOf(request, "content-type");
    const readAs = type === undefined ? "" : ` (content type ${type})`;
    throw badRequest(gatewayId, `body is not JSON${readAs}: ${reason instanceof Error ? reason.message : reason}`);
  }
  return text;
}

function formText(body: Uint8Array): string {
  const fields = new Map<string, string>();
  for (const [key, value = ""] of urlEncodedPairs(utf8Text(body), "form")) {
    const before = fields.get(key);
    fields.set(key, before === undefined ? value : `${before},${value}`);
  }
  return jsonText(new Map(Array.from(fields, ([key, value]) => [key, JSON.stringify(value)])));
}

function utf8Text(body: Uint8Array): string {
  if (!isUtf8(body)) throw badRequest(gatewayId, "body is not UTF-8");
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8");
}
