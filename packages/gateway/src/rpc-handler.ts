import type { Client, Endpoint } from "@micro/core";
import { callMetadata } from "./call-metadata.ts";
import { type CallType, callTypeOf } from "./call-type.ts";
import { withDefaultFields } from "./default-fields.ts";
import { isIdempotent, type MessageHandler } from "./handler.ts";
import { memberAt } from "./json-text.ts";
import { knownFields, type UnknownFields } from "./known-fields.ts";
import { type HttpAnswer, type HttpRequest, headerOf } from "./message.ts";
import { multipartAsJson } from "./multipart.ts";
import { preparedCalls } from "./prepared-calls.ts";
import type { Route } from "./resolvers/resolver.ts";
import { rpcPayload } from "./rpc-payload.ts";

/** What is done to messages on their way, for which the record of the endpoint is needed. */
export interface MessageSettings {
  /** What becomes of fields that the endpoint does not have. @default "pass" */
  readonly unknownFields?: UnknownFields;
  /** Answers show fields that have their default value. @default false */
  readonly emitDefaults?: boolean;
  /** What the registry says of the endpoint. @default nothing */
  endpointOf?(route: Route): Endpoint | undefined;
}

/**
 * Calls endpoints that take and give ordinary messages: query and body become the request, the reply's bytes the
 * answer. Nothing is decoded on the way unless settings ask for it, so both ends see what the other wrote.
 */
export function rpcHandler(client: Client, settings: MessageSettings = {}): MessageHandler {
  const callOf = preparedCalls<Uint8Array, Uint8Array>(client, { raw: true });
  return async (request, route, { timeoutMs, signal }) => {
    const type = callTypeOf(headerOf(request, "content-type"));
    const sent = rpcMessage(request, route, type, settings);
    const payload = sent instanceof Promise ? await sent : sent;
    const metadata = callMetadata(request);
    const reply = await callOf(route, type.call)(payload, {
      metadata,
      timeoutMs,
      signal,
      idempotent: isIdempotent(request),
    });
    return rpcAnswer(request, type, changedReply(reply, route, type, settings));
  };
}

/** The request's message, changed as the settings say. */
export function rpcMessage(
  request: HttpRequest,
  route: Route,
  type: CallType,
  settings: MessageSettings,
): Uint8Array | Promise<Uint8Array> {
  if (type.kind === "multipart")
    return multipartAsJson(request).then((json) => checked(rpcPayload(json, jsonType, route), route, type, settings));
  return checked(rpcPayload(request, type, route), route, type, settings);
}

const jsonType = callTypeOf("application/json");

function checked(
  payload: Uint8Array,
  route: Route,
  { kind }: CallType,
  { unknownFields = "pass", endpointOf }: MessageSettings,
): Uint8Array {
  if (unknownFields === "pass" || kind === "protobuf") return payload;
  return Buffer.from(knownFields(textOf(payload), endpointOf?.(route)?.request, unknownFields));
}

/** A reply's message, changed as route and settings say. */
export function changedReply(
  reply: Uint8Array,
  route: Route,
  { kind }: CallType,
  { emitDefaults = false, endpointOf }: MessageSettings,
): Uint8Array {
  const fill = route.emitDefaults ?? emitDefaults;
  if (kind === "protobuf" || (!fill && route.responseField === undefined)) return reply;
  let text = textOf(reply);
  if (fill) text = withDefaultFields(text, endpointOf?.(route)?.response);
  if (route.responseField !== undefined) text = memberAt(text, route.responseField.split(".")) ?? "null";
  return Buffer.from(text);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

/** The reply with the type that the request had; an empty protobuf message is 204. */
function rpcAnswer(request: HttpRequest, type: CallType, reply: Uint8Array): HttpAnswer {
  const contentType = (type.mirrored && headerOf(request, "content-type")) || "application/json";
  const headers: [string, string][] = [["content-type", contentType]];
  if (type.grpcHeaders) headers.push(["grpc-status", "0"], ["grpc-message", ""]);
  if (reply.length > 0) return { status: 200, headers, body: reply };
  return type.kind === "protobuf" ? { status: 204, headers, body: "" } : { status: 200, headers, body: "null" };
}
