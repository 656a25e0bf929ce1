import { type CloseStack, createService } from "@micro/core";
import { type Api, type ApiOptions, type ApiParts, createApi } from "../src/index.ts";

/** A gateway on a free port of loopback over a client and registry of its own; whatever is opened goes onto the stack. */
export async function startApi(
  open: CloseStack,
  options: ApiOptions = {},
  parts: Partial<ApiParts> = {},
): Promise<Api> {
  const { rawClient, registry, publish } = open.use(
    createService({
      name: "go.micro.api",
      address: "127.0.0.1:0",
      registry: "memory",
      argv: ["--log_level=fatal"],
      env: {},
    }),
  );
  const all = { client: rawClient, registry, publish, ...parts };
  const api = open.use(createApi(all, { address: "127.0.0.1:0", ...options }));
  await api.start();
  return api;
}

/** The same; where it listens. */
export async function startGateway(open: CloseStack, options: ApiOptions = {}): Promise<string> {
  return (await startApi(open, options)).address;
}
