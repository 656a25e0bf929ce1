import type { Client, StreamCall } from "@micro/core";
import { maxPreparedCalls } from "../prepared-calls.ts";
import { recent } from "../recent.ts";
import type { Route } from "../resolvers/resolver.ts";

/** Gives the prepared stream for a route and content type, made when it is asked for the first time. */
export function preparedStreams(
  client: Client,
): (route: Route, contentType: string) => StreamCall<Uint8Array, Uint8Array> {
  const streams = recent<StreamCall<Uint8Array, Uint8Array>>(maxPreparedCalls);
  return ({ service, endpoint }, contentType) => {
    const key = `${service} ${endpoint} ${contentType}`;
    const kept = streams.get(key);
    if (kept) return kept;
    const plan = { service, endpoint, contentType, raw: true, kind: "duplex" } as const;
    const stream = client.prepareStream<Uint8Array, Uint8Array>(plan);
    streams.set(key, stream);
    return stream;
  };
}
