import { type CallTarget, cancelled, MicroError, timeout, unavailable } from "@micro/core";

const id = "go.micro.client";

/** Nobody was reached at the address, or they went away under the call. */
export function lost(address: string, why: string, unprocessed: boolean): MicroError {
  return unavailable(id, `${address}: ${why}`, { unprocessed });
}

export function deadlineExceeded({ service, endpoint }: CallTarget, address: string): MicroError {
  return timeout(id, `context deadline exceeded calling ${endpoint} of ${service} at ${address}`);
}

export function callCancelled(): MicroError {
  return cancelled(id, "call cancelled");
}

/** A handler's error as it arrives: a copy without its cause. */
export function answered(reason: unknown): MicroError {
  const { id: raisedBy, code, detail, status } = MicroError.from(reason, "go.micro.server");
  return new MicroError(raisedBy, code, detail, { status, answered: true });
}

export function noSuchEndpoint({ service, endpoint }: CallTarget): MicroError {
  return new MicroError(id, 404, `endpoint ${endpoint} not found at service ${service}`, { answered: true });
}

export function tooLarge(what: string, endpoint: string, bytes: number, maxBytes: number, sender: boolean): MicroError {
  const detail = `the ${what} of ${endpoint} has ${bytes} bytes, more than the ${maxBytes} that may be sent`;
  return new MicroError(id, 413, detail, sender ? { unprocessed: true } : { answered: true });
}
