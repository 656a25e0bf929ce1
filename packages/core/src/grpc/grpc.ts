import type { Protocol } from "../protocol/protocol.ts";
import { connectOnDemand, serveOnDemand } from "./grpc-js/on-demand.ts";
import { http2Connection } from "./http2/connection.ts";
import { http2Server } from "./http2/server.ts";

/** gRPC as go-micro v2 speaks it, on the HTTP/2 engine of `@micro/http2`. */
export const grpc: Protocol = { name: "grpc", connect: http2Connection, serve: http2Server };

/** The same on `@grpc/grpc-js`, loaded when used; many times slower, and it cannot serve what the Go gateway forwards from HTTP/1.1. */
export const grpcJs: Protocol = { name: "grpc", connect: connectOnDemand, serve: serveOnDemand };
