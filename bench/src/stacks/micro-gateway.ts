import { createApi } from "@micro/api";
import { createService } from "@micro/core";
import { httpCall } from "./http-client.ts";
import type { Stack } from "./stack.ts";

/** The framework's gateway with its defaults in front of a service of another process; logging off. */
export const microGateway: Stack = {
  async serve(behind = "") {
    const argv = ["--registry=memory", "--log_level=error"];
    const { rawClient: client, registry, publish, logger } = createService({ name: "go.micro.api", argv, env: {} });
    const nodes = [{ id: "bench-1", address: behind, metadata: { protocol: "grpc" } }];
    const endpoints = [{ name: "Echo.Unary", request: undefined, response: undefined, metadata: {} }];
    await registry.register({ name: "go.micro.api.bench", version: "latest", metadata: {}, endpoints, nodes });
    const api = createApi({ client, registry, publish, logger }, { address: "127.0.0.1:0" });
    await api.start();
    return { address: api.address };
  },
  connect: async (address, endpoint) => httpCall(address, endpoint),
};
