import type { Client, Endpoint } from "@micro/core";
import { apiRequest, rawApiRequest } from "./api-request.ts";
import { apiAnswer } from "./api-response.ts";
import { givesBytes, takesBytes } from "./api-style.ts";
import { callMetadata } from "./call-metadata.ts";
import { Request, Response } from "./gen/api.ts";
import { Request as RawRequest, Response as RawResponse } from "./gen/raw.ts";
import { isIdempotent, type MessageHandler } from "./handler.ts";
import { preparedCalls } from "./prepared-calls.ts";
import type { Route } from "./resolvers/resolver.ts";

/** What the handler may know of endpoints. */
export interface ApiHandlerSettings {
  /** What the registry says of the endpoint. @default nothing */
  endpointOf?(route: Route): Endpoint | undefined;
}

/**
 * Calls endpoints that take the HTTP request itself as a message, `go.api.Request`, and answer with status, headers
 * and body in a `go.api.Response`. Bodies are text, unless the record of the endpoint shows that it declared them as bytes.
 */
export function apiHandler(client: Client, { endpointOf }: ApiHandlerSettings = {}): MessageHandler {
  const textCallOf = preparedCalls<Request, Response>(client, { request: Request, response: Response });
  const takingCallOf = preparedCalls<RawRequest, Response>(client, { request: RawRequest, response: Response });
  const givingCallOf = preparedCalls<Request, RawResponse>(client, { request: Request, response: RawResponse });
  const rawCallOf = preparedCalls<RawRequest, RawResponse>(client, { request: RawRequest, response: RawResponse });
  return async (request, route, { timeoutMs, signal }) => {
    const options = { metadata: callMetadata(request), timeoutMs, signal, idempotent: isIdempotent(request) };
    const endpoint = endpointOf?.(route);
    const [takes, gives] = endpoint ? [takesBytes(endpoint), givesBytes(endpoint)] : [false, false];
    if (takes) {
      const call = (gives ? rawCallOf : takingCallOf)(route, protobuf);
      return apiAnswer(await call(rawApiRequest(request), options));
    }
    const call = (gives ? givingCallOf : textCallOf)(route, protobuf);
    return apiAnswer(await call(apiRequest(request), options));
  };
}

const protobuf = "application/grpc+proto";
