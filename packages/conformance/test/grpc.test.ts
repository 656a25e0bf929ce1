import { grpc } from "@micro/core";
import { protocolConformance } from "../src/protocol/suite.ts";

protocolConformance("grpc", { protocol: grpc, contentTypes: ["application/grpc+proto", "application/json"] });
