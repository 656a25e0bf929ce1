import { badRequest } from "@micro/core";
import { type GatewayRequest, gatewayId } from "@micro/gateway";

/** HTTP/1.1 asks for a Host header, and for 400 where it is missing. */
export function requireHost({ raw }: Pick<GatewayRequest, "raw">): void {
  if (raw.headers.host === undefined && raw.httpVersion === "1.1")
    throw badRequest(gatewayId, "the request has no Host header");
}
