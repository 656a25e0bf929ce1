import { createService, type Service, type ServiceOptions } from "@micro/core";
import { etcd } from "@micro/registry-etcd";
import { __Alias__, Message } from "./gen/__alias__.ts";
import { __camel__Handler } from "./handler/__alias__.ts";
import { __camel__Subscriber } from "./subscriber/__alias__.ts";

/** The service `__fqdn__`, ready to run. */
export function create__Alias__(options: Partial<ServiceOptions> = {}): Service {
  const service = createService({ name: "__fqdn__", plugins: [etcd], ...options });
  return service
    .handle(__Alias__, __camel__Handler(service.logger))
    .subscribe("__fqdn__", __camel__Subscriber(service.logger), { type: Message });
}
