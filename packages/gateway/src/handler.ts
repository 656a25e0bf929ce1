import type { HttpAnswer, HttpRequest } from "./message.ts";
import type { Route } from "./resolver.ts";

/** What one request may use. */
export interface HandleOptions {
  /** How long the call may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Aborted when the peer has gone. */
  readonly signal: AbortSignal;
}

/** Answers a request by means of the service that its route names. Rejects with `MicroError` only. */
export type Handler = (request: HttpRequest, route: Route, options: HandleOptions) => Promise<HttpAnswer>;

/** GET and HEAD change nothing, by HTTP's own rule; their calls may be repeated at another node when one dies under them. */
export function isIdempotent({ method }: Pick<HttpRequest, "method">): boolean {
  return method === "GET" || method === "HEAD";
}
