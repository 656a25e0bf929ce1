import { badRequest } from "@micro/core";
import { gatewayId, type HttpRequest, headerOf } from "@micro/gateway";

/**
 * How long the call for a request may take, in milliseconds: what its `Timeout` header says, in seconds, up to
 * `maxTimeoutMs`; else `timeoutMs`. Throws 400 when the header is no positive number.
 */
export function requestTimeout(
  request: Pick<HttpRequest, "headers">,
  { timeoutMs, maxTimeoutMs }: { timeoutMs: number; maxTimeoutMs: number },
): number {
  const asked = headerOf(request, "timeout");
  if (asked === undefined) return timeoutMs;
  const seconds = /^\d{1,10}(\.\d{1,9})?$/.test(asked) ? Number(asked) : 0;
  if (seconds === 0)
    throw badRequest(gatewayId, `header Timeout is ${JSON.stringify(asked)}; expected a number of seconds above 0`);
  return Math.min(Math.max(1, Math.round(seconds * 1_000)), maxTimeoutMs);
}
