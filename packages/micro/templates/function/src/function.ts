import { createService, type Service, type ServiceOptions } from "@micro/core";
import { etcd } from "@micro/registry-etcd";
import { __Alias__ } from "./gen/__alias__.ts";
import { __camel__Handler } from "./handler/__alias__.ts";

/** The function `__fqdn__`, and a promise of its first answer. */
export function create__Alias__(options: Partial<ServiceOptions> = {}): { service: Service; answered: Promise<void> } {
  let done: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => {
    done = resolve;
  });
  const service = createService({ name: "__fqdn__", plugins: [etcd], ...options });
  service.handle(__Alias__, __camel__Handler(service.logger, done));
  return { service, answered };
}
