import type { Client } from "@micro/core";
import { callMetadata } from "./call-metadata.ts";
import { type CallType, callTypeOf } from "./call-type.ts";
import { type Handler, isIdempotent } from "./handler.ts";
import { type HttpAnswer, type HttpRequest, headerOf } from "./message.ts";
import { preparedCalls } from "./prepared-calls.ts";
import { rpcPayload } from "./rpc-payload.ts";

/**
 * Calls endpoints that take and give ordinary messages: query and body become the request, the reply's bytes the
 * answer. Nothing is decoded on the way, so both ends see what the other wrote.
 */
export function rpcHandler(client: Client): Handler {
  const callOf = preparedCalls<Uint8Array, Uint8Array>(client, { raw: true });
  return async (request, route, { timeoutMs, signal }) => {
    const type = callTypeOf(headerOf(request, "content-type"));
    const payload = rpcPayload(request, type);
    const metadata = callMetadata(request);
    const reply = await callOf(route, type.call)(payload, {
      metadata,
      timeoutMs,
      signal,
      idempotent: isIdempotent(request),
    });
    return rpcAnswer(request, type, reply);
  };
}

/** The reply with the type that the request had; an empty protobuf message is 204. */
function rpcAnswer(request: HttpRequest, type: CallType, reply: Uint8Array): HttpAnswer {
  const contentType = (type.mirrored && headerOf(request, "content-type")) || "application/json";
  const headers: [string, string][] = [["content-type", contentType]];
  if (type.grpcHeaders) headers.push(["grpc-status", "0"], ["grpc-message", ""]);
  if (reply.length > 0) return { status: 200, headers, body: reply };
  return type.kind === "protobuf" ? { status: 204, headers, body: "" } : { status: 200, headers, body: "null" };
}
