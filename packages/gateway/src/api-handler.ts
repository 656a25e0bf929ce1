import type { Client } from "@micro/core";
import { apiRequest } from "./api-request.ts";
import { apiAnswer } from "./api-response.ts";
import { callMetadata } from "./call-metadata.ts";
import { Request, Response } from "./gen/api.ts";
import { isIdempotent, type MessageHandler } from "./handler.ts";
import { preparedCalls } from "./prepared-calls.ts";

/**
 * Calls endpoints that take the HTTP request itself as a message, `go.api.Request`, and answer with status, headers
 * and body in a `go.api.Response`.
 */
export function apiHandler(client: Client): MessageHandler {
  const callOf = preparedCalls<Request, Response>(client, { request: Request, response: Response });
  return async (request, route, { timeoutMs, signal }) => {
    const metadata = callMetadata(request);
    const idempotent = isIdempotent(request);
    return apiAnswer(
      await callOf(route, "application/grpc+proto")(apiRequest(request), { metadata, timeoutMs, signal, idempotent }),
    );
  };
}
