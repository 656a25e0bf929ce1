import { cancelled, MicroError, timeout } from "@micro/core";
import { gatewayId } from "../gateway-id.ts";

/** What an attempt to pass a request on failed of. */
export interface Failure {
  readonly error: MicroError;
  /** It says something about the node: it could not be reached, or broke off. */
  readonly nodeFailed: boolean;
  /** The request surely did not get to the node. */
  readonly unsent: boolean;
}

/** What was thrown while a request was passed on to a node, as an answer for the caller: 502, 504, or the gateway's own refusal. */
export function describeFailure(reason: unknown, service: string, address: string): Failure {
  if (reason instanceof MicroError) return { error: reason, nodeFailed: false, unsent: false };
  const { code, name, message } = failureWords(reason);
  const where = `${service} at ${address}`;
  if (name === "AbortError")
    return { error: cancelled(gatewayId, "the peer went away before the answer"), nodeFailed: false, unsent: false };
  if (code === "UND_ERR_HEADERS_TIMEOUT")
    return { error: timeout(gatewayId, `${where} did not begin to answer in time`), nodeFailed: false, unsent: false };
  const unsent = neverConnected.has(code);
  const what = unsent ? `cannot reach ${where}` : `${where} broke off`;
  return {
    error: new MicroError(gatewayId, 502, `${what}: ${message}`, { cause: reason, unprocessed: unsent }),
    nodeFailed: unsent || brokenOff.has(code),
    unsent,
  };
}

const neverConnected: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
]);

const brokenOff: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

function failureWords(reason: unknown): { code: string; name: string; message: string } {
  if (!(reason instanceof Error)) return { code: "", name: "", message: String(reason) };
  const { code } = reason as NodeJS.ErrnoException;
  return { code: code ?? "", name: reason.name, message: reason.message || String(code) };
}
