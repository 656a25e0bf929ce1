import { badRequest } from "@micro/core";
import { type GatewayRequest, gatewayId, type HttpRequest, headerOf } from "@micro/gateway";

/** How long the work for a request may take. */
export interface RequestTimeout {
  readonly timeoutMs: number;
  /** The request or its route said so; else it is the gateway's own. */
  readonly timeoutAsked: boolean;
}

/**
 * How long the call for a request may take: what its `Timeout` header says, in seconds, else what its route says, both up to
 * `maxTimeoutMs`; else `timeoutMs`. Throws 400 when the header is no positive number.
 */
export function requestTimeout(
  request: Pick<HttpRequest, "headers"> & Partial<Pick<GatewayRequest, "route">>,
  { timeoutMs, maxTimeoutMs }: { timeoutMs: number; maxTimeoutMs: number },
): RequestTimeout {
  const asked = headerOf(request, "timeout");
  const declared = request.route?.timeoutMs;
  if (asked === undefined && declared === undefined) return { timeoutMs, timeoutAsked: false };
  const ms = asked === undefined ? (declared ?? timeoutMs) : millisecondsOf(asked);
  return { timeoutMs: Math.min(Math.max(1, ms), maxTimeoutMs), timeoutAsked: true };
}

function millisecondsOf(asked: string): number {
  const seconds = /^\d{1,10}(\.\d{1,9})?$/.test(asked) ? Number(asked) : 0;
  if (seconds === 0)
    throw badRequest(gatewayId, `header Timeout is ${JSON.stringify(asked)}; expected a number of seconds above 0`);
  return Math.round(seconds * 1_000);
}
