import { isUtf8 } from "node:buffer";
import { badRequest } from "@micro/core";
import type { CallType } from "./call-type.ts";
import { unwrapJsonRpc, unwrapProtoRpc } from "./envelope.ts";
import { gatewayId } from "./gateway-id.ts";
import { isObjectText, type JsonObject, jsonText, objectNode, overlay, setAt } from "./json-text.ts";
import { type HttpRequest, headerOf } from "./message.ts";
import { queryObject } from "./query-object.ts";
import type { Route } from "./resolvers/resolver.ts";
import { urlEncodedPairs } from "./url-encoded.ts";

/** What of a request has a say in the message. */
export type Payload = Pick<HttpRequest, "method" | "query" | "headers" | "body">;

/** What of a route has a say in the message. */
export type PayloadRoute = Pick<Route, "variables" | "bodyField">;

/**
 * The bytes to call an endpoint with.
 *
 * JSON: the query as an object, and for requests that may have a body the body's members laid over it; or, where the
 * route names a field for the body, the body as that field. A body that is no object takes the query's place. What stood
 * in the path goes over everything, since it is what the route was chosen by. Without query and variables the body passes byte for
 * byte. No query and no body is `{}`.
 * Forms: a flat object of texts, several values of one field joined with `,`, laid over the query. Multipart forms are
 * made JSON first, see `multipartAsJson`.
 * Protobuf: the body as it is; query and path have no place in it and are ignored.
 *
 * Throws 400 when the body is not what its type says.
 */
export function rpcPayload(request: Payload, type: CallType, route: PayloadRoute = {}): Uint8Array {
  const { method } = request;
  if (type.kind === "protobuf") return type.envelope ? unwrapProtoRpc(request.body) : request.body;
  const body = method === "GET" || method === "HEAD" ? nothing : request.body;
  if (body.length === 0) return withoutBody(request, route);

  const text = type.kind === "form" ? formText(body) : jsonBody(request, body);
  const inner = type.envelope ? unwrapJsonRpc(text) : text;
  const result = combined(request, route, inner);
  return result === text && type.kind === "json" ? body : Buffer.from(result);
}

const nothing = new Uint8Array(0);
const emptyObject = Buffer.from("{}");

function withoutBody({ query }: Payload, { variables }: PayloadRoute): Uint8Array {
  if (query === "" && !variables) return emptyObject;
  const object = queryObject(query);
  setVariables(object, variables);
  return Buffer.from(jsonText(object));
}

/** The message of a body given as JSON; the very same text where nothing comes to it. */
function combined({ query }: Payload, { variables, bodyField = "*" }: PayloadRoute, body: string): string {
  if (bodyField !== "*") {
    const object = queryObject(query);
    setAt(object, bodyField.split("."), body);
    setVariables(object, variables);
    return jsonText(object);
  }
  const laid = query !== "" && isObjectText(body) ? overlay(queryObject(query), body) : body;
  if (!variables || !isObjectText(laid)) return laid;
  const object = objectNode(laid);
  setVariables(object, variables);
  return jsonText(object);
}

function setVariables(object: JsonObject, variables: PayloadRoute["variables"] = []): void {
  for (const [field, value] of variables) setAt(object, field.split("."), JSON.stringify(value));
}

function jsonBody(request: Payload, body: Uint8Array): string {
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
