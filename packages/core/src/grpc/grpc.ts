import type { Protocol } from "../protocol/protocol.ts";
import { grpcConnection } from "./connection.ts";
import { grpcServer } from "./server.ts";

/** gRPC as go-micro v2 speaks it, on `@grpc/grpc-js`. */
export const grpc: Protocol = { name: "grpc", connect: grpcConnection, serve: grpcServer };
