import { grpcAnswerOf } from "../grpc/errors.ts";
import type { CallTarget } from "../protocol/protocol.ts";
import { MicroError, timeout } from "../words/errors.ts";

/** Errors that no handler raised carry the id that go-micro's client gives them. */
export const clientId = "go.micro.client";

/** A handler's error as its caller sees it: a copy, since the handler may keep its own. */
export function answered(reason: unknown): MicroError {
  const error = MicroError.from(reason, "go.micro.server");
  const { id, code, detail, status } = error;
  return new MicroError(id, code, detail, { status, answered: true, grpc: grpcAnswerOf(error) });
}

export function noSuchEndpoint({ service, endpoint }: CallTarget): MicroError {
  return new MicroError(clientId, 404, `endpoint ${endpoint} not found at service ${service}`, { answered: true });
}

export function tooLarge(
  what: "request" | "reply",
  { endpoint }: CallTarget,
  { length }: Uint8Array,
  maxBytes: number,
): MicroError {
  const detail = `the ${what} of ${endpoint} has ${length} bytes, more than the ${maxBytes} that may be sent`;
  return new MicroError(clientId, 413, detail, { answered: true });
}

export function deadlineExceeded({ service, endpoint }: CallTarget): MicroError {
  return timeout(clientId, `context deadline exceeded calling ${endpoint} of ${service} in this process`);
}
