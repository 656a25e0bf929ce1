import { grpc, grpcJs } from "@micro/core";
import { protocolConformance } from "../src/protocol/suite.ts";

const contentTypes = ["application/grpc+proto", "application/json"] as const;

protocolConformance("grpc on the engine of our own", { protocol: grpc, contentTypes });
protocolConformance("grpc on grpc-js", { protocol: grpcJs, contentTypes });
protocolConformance("grpc, our client with grpc-js's server", {
  protocol: { name: "grpc", connect: grpc.connect, serve: grpcJs.serve },
  contentTypes,
});
protocolConformance("grpc, grpc-js's client with our server", {
  protocol: { name: "grpc", connect: grpcJs.connect, serve: grpc.serve },
  contentTypes,
});
