import { type CloseStack, createService } from "@micro/core";
import { type ApiOptions, createApi } from "../src/index.ts";

/** A gateway on a free port of loopback over a client of its own; whatever is opened goes onto the stack. */
export async function startGateway(open: CloseStack, options: ApiOptions = {}): Promise<string> {
  const caller = open.use(
    createService({
      name: "go.micro.api",
      address: "127.0.0.1:0",
      registry: "memory",
      argv: ["--log_level=fatal"],
      env: {},
    }),
  );
  const api = open.use(createApi({ client: caller.rawClient }, { address: "127.0.0.1:0", ...options }));
  await api.start();
  return api.address;
}
