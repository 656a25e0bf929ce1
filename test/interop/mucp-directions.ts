import { type MessageType, parseError } from "@micro/core";
import { type Caller, type Direction, oursCalls } from "./directions.ts";
import type { Fleet } from "./fleet.ts";
import { Peer } from "./src/gen/peer.ts";

/**
 * As `callerFor`, where Go's client speaks mucp. What a server said of an error it gives to its program as text, which is
 * read here as go-micro's `errors.Parse` reads it: plain words have no code.
 */
export function mucpCallerFor(direction: Direction, { go, goName, ours, ourName }: Fleet): Caller {
  const own = direction === "go → ts" ? ourName : goName;
  if (direction === "ts → go") return oursCalls(ours, own);
  return async (method, request, { service = own, ...settings } = {}) => {
    const { name, request: type, response } = Peer.methods[method];
    const body = (type as MessageType<never>).toJson(request as never);
    const { reply, text = "" } = await go.call({ service, endpoint: `Peer.${name}`, body, ...settings });
    return reply ? { reply: response.fromJson(reply) as never } : { error: parseError(text) };
  };
}

/** Content types under which two programs of go-micro understand each other by mucp. */
export const mucpTypes = [
  "application/json",
  "application/protobuf",
  "application/json-rpc",
  "application/proto-rpc",
  "application/grpc",
  "application/grpc+proto",
  "application/grpc+json",
] as const;
