import { createService, type Service, type ServiceOptions } from "@micro/core";
import { etcd } from "@micro/registry-etcd";
import { Say } from "./gen/say.ts";
import { sayHandler } from "./handler/say.handler.ts";

/** The service `go.micro.api.user`, ready to run. */
export function createUserApi(options: Partial<ServiceOptions> = {}): Service {
  const service = createService({ name: "go.micro.api.user", plugins: [etcd], ...options });
  return service.handle(Say, sayHandler(service.logger));
}
