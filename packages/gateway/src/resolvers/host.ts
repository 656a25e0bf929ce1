import { hostOf } from "./host-header.ts";
import { type Resolver, serviceName, verbOf } from "./resolver.ts";

/** The Host header, port included, is the service's whole name, whatever the prefix. */
export function hostResolver(): Resolver {
  return (request) => {
    const service = hostOf(request);
    return serviceName.test(service) ? { service, endpoint: verbOf(request) } : undefined;
  };
}
