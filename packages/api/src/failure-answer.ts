import { type Logger, MicroError } from "@micro/core";
import { errorAnswer, type GatewayRequest, gatewayId, type HttpAnswer, splitTarget, withRoute } from "@micro/gateway";
import type { ErrorMapper } from "./options.ts";
import { refusalAnswer } from "./refusal.ts";

/** What is known of a request that failed, be it before or after it became a `GatewayRequest`. */
export type FailedRequest = Pick<GatewayRequest, "method" | "url"> & Partial<GatewayRequest>;

/** Turns what was thrown into the answer that tells of it, in the shape that `mapError` gives it, and notes it. */
export function failureAnswer(
  logger: Logger,
  mapError: ErrorMapper | undefined,
): (reason: unknown, request: FailedRequest) => HttpAnswer {
  return (reason, request) => {
    const { route, path } = request;
    const thrown = MicroError.from(reason, gatewayId);
    const error = route && path !== undefined ? withRoute(thrown, route, { path }) : thrown;
    const usual = errorAnswer(error);
    const answer = mapError ? { ...(mapError(error, request, usual) ?? usual), error } : usual;
    const meant = route ? ` (${route.service} ${route.endpoint})` : "";
    const line = `${request.method} ${splitTarget(request.url).path}${meant} failed: ${error.id}: ${error.detail}`;
    if (answer.status >= 500) logger.warn(line);
    else logger.debug(line);
    return refusalAnswer(answer, thrown);
  };
}
