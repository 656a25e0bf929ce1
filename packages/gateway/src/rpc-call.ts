import { isUtf8 } from "node:buffer";
import { badRequest } from "@micro/core";
import { objectMembers } from "./json-text.ts";
import { type HttpRequest, headerOf } from "./message.ts";
import { urlEncodedPairs } from "./url-encoded.ts";

/** Who raises the errors of `/rpc`. */
export const rpcId = "go.micro.rpc";

/** What a request to `/rpc` asks for. */
export interface RpcCall {
  readonly service: string;
  readonly endpoint: string;
  /** JSON. */
  readonly request: Uint8Array;
  /** The one node to call, `host:port`. */
  readonly address: string | undefined;
}

/**
 * Reads a request to `/rpc`: with `application/json` an object of `service`, `endpoint` (or `method`), `request` (any JSON, or a text
 * that holds JSON) and `address`, keys in any case; with any other type a form with the same names, in body or query.
 * Throws 400 that says what is wrong.
 */
export function readRpcCall(request: HttpRequest): RpcCall {
  const media = headerOf(request, "content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  const {
    service = "",
    endpoint = "",
    request: message,
    address,
  } = (media === "application/json" ? ofJson : ofForm)(request);
  if (!serviceName.test(service)) throw badRequest(rpcId, "invalid service");
  if (!endpointName.test(endpoint)) throw badRequest(rpcId, "invalid endpoint");
  return { service, endpoint, request: Buffer.from(message), address: address || undefined };
}

interface Asked {
  readonly service?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly request: string;
  readonly address?: string | undefined;
}

function ofJson(request: HttpRequest): Asked {
  const text = textOf(request);
  const value = parsed(text, "");
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badRequest(rpcId, 'body is no JSON object; expected {"service":…,"endpoint":…,"request":…}');
  // As text, so that the digits of numbers stay.
  const members = new Map<string, string>();
  for (const [key, member] of objectMembers(text)) members.set(key.toLowerCase(), member);
  const word = (name: string): string | undefined => {
    const member = members.get(name);
    const content: unknown = member === undefined ? undefined : JSON.parse(member);
    return typeof content === "string" ? content : undefined;
  };
  const inner = members.get("request") ?? "{}";
  const content: unknown = JSON.parse(inner);
  return {
    service: word("service"),
    endpoint: word("endpoint") || word("method"),
    request: typeof content === "string" ? innerJson(content) : inner,
    address: word("address"),
  };
}

function ofForm(request: HttpRequest): Asked {
  const fields = new Map<string, string>();
  for (const [key, value = ""] of urlEncodedPairs(request.query, "query")) fields.set(key, value);
  for (const [key, value = ""] of urlEncodedPairs(textOf(request), "form")) fields.set(key, value);
  const service = fields.get("service");
  const endpoint = fields.get("endpoint") || fields.get("method");
  // Who forgot the service as well is told of that first.
  const complete = service && endpoint;
  return {
    service,
    endpoint,
    request: complete ? innerJson(fields.get("request") ?? "") : "{}",
    address: fields.get("address"),
  };
}

function innerJson(text: string): string {
  parsed(text, "error decoding request string: ");
  return text;
}

function parsed(text: string, before: string): unknown {
  if (text.trim() === "") throw badRequest(rpcId, `${before}EOF`);
  try {
    return JSON.parse(text);
  } catch (reason) {
    throw badRequest(rpcId, `${before}${reason instanceof Error ? reason.message : reason}`);
  }
}

function textOf({ body }: HttpRequest): string {
  if (!isUtf8(body)) throw badRequest(rpcId, "body is not UTF-8");
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8");
}

const serviceName = /^[\w.~-]{1,200}$/;
const endpointName = /^(?:\w{1,200}\.\w{1,200}|\/[\w.]{1,200}\/\w{1,200})$/;
