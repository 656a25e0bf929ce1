import { MicroError } from "@micro/core";
import { gatewayId } from "@micro/gateway";

/** What was thrown while a request was answered; errors of the HTTP framework carry the status they stand for. */
export function toMicroError(reason: unknown): MicroError {
  if (reason instanceof MicroError) return reason;
  const code = reason instanceof Error && "statusCode" in reason ? reason.statusCode : undefined;
  if (typeof code === "number" && code >= 400 && code < 500) {
    return new MicroError(gatewayId, code, (reason as Error).message, { cause: reason });
  }
  return MicroError.from(reason, gatewayId);
}
