import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { MicroError } from "@micro/core";
import { errorId } from "./options.ts";

/** What a failed request to a member means for the next step. */
export type Verdict = "elsewhere" | "token" | "final";

/** `elsewhere`: another member may do better. `token`: log in again. `final`: every member would say the same. */
export function judge(reason: unknown): Verdict {
  if (!isServiceError(reason)) return "final";
  if (reason.code === status.UNAUTHENTICATED || reason.details.includes("revision of auth store is old"))
    return "token";
  return elsewhere.has(reason.code) ? "elsewhere" : "final";
}

// CANCELLED comes from our own `reset` of the connection that the request was on. UNKNOWN and INTERNAL are what a
// broken connection or a stopping member sometimes looks like.
const elsewhere: ReadonlySet<status> = new Set([
  status.CANCELLED,
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.INTERNAL,
  status.UNAVAILABLE,
]);

/** Whether the request ended without any word from the member. */
export function isSilence(reason: unknown): boolean {
  return isServiceError(reason) && reason.code === status.DEADLINE_EXCEEDED;
}

/** Whether the member answered that it is cut off from the others. */
export function isLeaderless(reason: unknown): boolean {
  return textOf(reason).includes("no leader");
}

/** A stream that the member ended in good order where it should not have; judged like a broken connection. */
export function brokenOff(details: string): ServiceError {
  return Object.assign(new Error(details), { code: status.UNAVAILABLE, details, metadata: new Metadata() });
}

/** Whether a put was refused because its lease is gone. */
export function isLeaseLost(refused: MicroError): boolean {
  return textOf(refused.cause).includes("requested lease not found");
}

/** Whether a read was refused because the revision is forgotten, or still to come. */
export function isOutOfRange(refused: MicroError): boolean {
  return isServiceError(refused.cause) && refused.cause.code === status.OUT_OF_RANGE;
}

/** Whether the server knows no users, so that no token is needed. */
export function isAuthOff(reason: unknown): boolean {
  return textOf(reason).includes("authentication is not enabled");
}

/** The cause in a few words. */
export function causeOf(reason: unknown): string {
  if (!isServiceError(reason)) return reason instanceof Error ? reason.message : String(reason);
  if (reason.code === status.DEADLINE_EXCEEDED) return "no answer in time";
  if (reason.code === status.CANCELLED) return "connection given up";
  // gRPC wraps the interesting part: "No connection established. Last error: Error: connect ECONNREFUSED …. Resolution note: ".
  const [, inner] = /Last error: (?:Error: )?(.*?)\.?(?: Resolution note:.*)?$/s.exec(reason.details) ?? [];
  const { code } = reason;
  return (inner || reason.details || status[code]).replace(/ \(\d{4}-\d\d-\d\dT[^)]*\)/g, "").trim();
}

/** A final refusal as the error that callers see. */
export function refusal(reason: unknown, address: string): MicroError {
  if (!isServiceError(reason)) return MicroError.from(reason, errorId);
  const { code, details } = reason;
  const hint = details.includes("user name is empty") ? "; it wants a user name and a password" : "";
  const detail = `etcd at ${address} refused: ${details || status[code]}${hint}`;
  return new MicroError(errorId, httpCode(code, details), detail, { cause: reason });
}

function httpCode(code: status, details: string): number {
  if (code === status.PERMISSION_DENIED) return 403;
  if (code === status.UNAUTHENTICATED || /user name is empty|authentication failed/.test(details)) return 401;
  if (code === status.INVALID_ARGUMENT) return 400; // such as a record larger than etcd takes
  if (code === status.RESOURCE_EXHAUSTED) return 503;
  return 500;
}

function isServiceError(reason: unknown): reason is ServiceError {
  return reason instanceof Error && "code" in reason && typeof reason.code === "number" && "details" in reason;
}

function textOf(reason: unknown): string {
  return isServiceError(reason) ? reason.details : "";
}
