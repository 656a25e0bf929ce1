import { createService } from "@micro/core";
import { Echo } from "../gen/echo.ts";
import { callOf, handlers } from "./micro.ts";
import type { Stack } from "./stack.ts";

/** A service that calls itself by name, found through the memory registry. */
export const microLocal: Stack = {
  serve: async () => ({ address: "the caller itself" }),
  async connect(_, endpoint) {
    const args = ["--registry=memory", "--server_address=127.0.0.1:0", "--log_level=error"];
    const service = createService({ name: "bench", argv: args, env: {} });
    service.handle(Echo, handlers);
    await service.start();
    return callOf(service.client(Echo, "bench"), endpoint);
  },
};
