import type { CallTarget } from "../protocol/protocol.ts";
import { cancelled, MicroError, timeout, unavailable } from "../words/errors.ts";
import { fromGrpc, type GrpcOutcome, isNoSuchEndpoint } from "./errors.ts";
import { grpcStatus } from "./status.ts";
import { readableFailure } from "./tls-failure.ts";

const id = "go.micro.client";

/** What a server's outcome other than OK is to the caller. */
export function serverFailure(outcome: GrpcOutcome, { service, endpoint }: CallTarget): MicroError {
  // What grpc-go and grpc-js say of messages over a limit, compressed ones too; "too many requests", as the bare status has it, invites another try.
  if (
    outcome.status === grpcStatus.resourceExhausted &&
    !outcome.details &&
    /larger than (max|\d+$)/i.test(outcome.message)
  ) {
    return new MicroError(id, 413, outcome.message, { answered: true, grpc: { status: outcome.status, details: [] } });
  }
  if (!isNoSuchEndpoint(outcome)) return fromGrpc(outcome);
  const detail = `endpoint ${endpoint} not found at service ${service}: ${outcome.message}`;
  return new MicroError(id, 404, detail, { answered: true, grpc: { status: outcome.status, details: [] } });
}

/** Nobody was reached at the address, or they went away under the call. */
export function lostConnection(address: string, why: string, unprocessed: boolean): MicroError {
  return unavailable(id, `${address}: ${readableFailure(why)}`, { unprocessed });
}

export function deadlineExceeded({ service, endpoint }: CallTarget, address: string): MicroError {
  return timeout(id, `context deadline exceeded calling ${endpoint} of ${service} at ${address}`);
}

export function callCancelled(): MicroError {
  return cancelled(id, "call cancelled");
}

export function connectionClosed(address: string): MicroError {
  return unavailable(id, `connection to ${address} is closed`, { unprocessed: true });
}

export function unsupportedContentType(contentType: string): MicroError {
  return new MicroError(id, 500, `Unsupported Content-Type: ${contentType}`);
}
