import type { GatewayRequest, HttpAnswer, HttpRequest } from "./message.ts";
import type { Route } from "./resolvers/resolver.ts";

/** What one request may use. */
export interface HandleOptions {
  /** How long the call may take, in milliseconds. */
  readonly timeoutMs: number;
  /** The request or its route asked for that timeout, so that streams, which have none by themselves, keep to it too. @default false */
  readonly timeoutAsked?: boolean;
  /** Aborted when the peer has gone. */
  readonly signal: AbortSignal;
}

/** Answers a request by means of the service that its route names. Rejects with `MicroError` only. */
export type Handler<Request = GatewayRequest> = (
  request: Request,
  route: Route,
  options: HandleOptions,
) => Promise<HttpAnswer>;

/** A handler of requests whose body is read. */
export type MessageHandler = Handler<HttpRequest>;

/** The same for requests as they arrive: reads the body first. */
export function afterBody(handle: MessageHandler): Handler {
  return (request, route, options) => {
    const reading = request.readBody();
    return reading ? reading.then(() => handle(request, route, options)) : handle(request, route, options);
  };
}

/** GET and HEAD change nothing, by HTTP's own rule; their calls may be repeated at another node when one dies under them. */
export function isIdempotent({ method }: Pick<HttpRequest, "method">): boolean {
  return method === "GET" || method === "HEAD";
}
