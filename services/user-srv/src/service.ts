import { createService, type Service, type ServiceOptions } from "@micro/core";
import { etcd } from "@micro/registry-etcd";
import { User } from "./gen/user.ts";
import { userHandler } from "./handler/user.handler.ts";
import { sampleUsers } from "./users.ts";

/** The service `go.micro.srv.user`, ready to run. */
export function createUserService(options: Partial<ServiceOptions> = {}): Service {
  const service = createService({ name: "go.micro.srv.user", plugins: [etcd], ...options });
  return service.handle(User, userHandler(sampleUsers(), service.logger));
}
