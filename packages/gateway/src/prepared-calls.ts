import type { Call, Client, EndpointPlan } from "@micro/core";
import { recent } from "./recent.ts";
import type { Route } from "./resolvers/resolver.ts";

/** How many prepared calls are kept; the names come from outside and must not fill the memory. */
export const maxPreparedCalls = 1_000;

/** What is the same for all calls of one handler. */
export type CallShape<Request, Response> = Omit<
  EndpointPlan<Request, Response>,
  "service" | "endpoint" | "contentType"
>;

/** Gives the prepared call for a route and content type, made when it is asked for the first time. */
export function preparedCalls<Request, Response>(
  client: Client,
  shape: CallShape<Request, Response>,
): (route: Route, contentType: string) => Call<Request, Response> {
  const calls = recent<Call<Request, Response>>(maxPreparedCalls);
  // Endpoints that are known have the same route each time, which spares most requests the making of a key.
  const last = new WeakMap<Route, { readonly contentType: string; readonly call: Call<Request, Response> }>();

  function named({ service, endpoint }: Route, contentType: string): Call<Request, Response> {
    const key = `${service} ${endpoint} ${contentType}`;
    const kept = calls.get(key);
    if (kept) return kept;
    const call = client.prepare<Request, Response>({ ...shape, service, endpoint, contentType });
    calls.set(key, call);
    return call;
  }

  return (route, contentType) => {
    const known = last.get(route);
    if (known?.contentType === contentType) return known.call;
    const call = named(route, contentType);
    last.set(route, { contentType, call });
    return call;
  };
}
