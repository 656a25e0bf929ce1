import { createService, type Service, type ServiceOptions } from "@micro/core";
import { etcd } from "@micro/registry-etcd";
import { __Alias__ } from "./gen/__alias__.ts";
import { __camel__Handler } from "./handler/__alias__.ts";

/** The API `__fqdn__`, ready to run. */
export function create__Alias__Api(options: Partial<ServiceOptions> = {}): Service {
  const service = createService({ name: "__fqdn__", plugins: [etcd], ...options });
  return service.handle(__Alias__, __camel__Handler(service.logger));
}
