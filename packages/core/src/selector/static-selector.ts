import { systemClock } from "../words/clock.ts";
import { foundByName } from "./found-by-name.ts";
import { type RegistrySelectorOptions, registrySelector } from "./registry-selector.ts";
import type { Selector } from "./selector.ts";

export interface StaticSelectorOptions extends Omit<RegistrySelectorOptions, "registry" | "cache"> {
  /** Added after a dot to names without a port, such as `prod.svc.cluster.local`. @default nothing */
  domain?: string;
  /** Added to names without a port. @default 8080 */
  port?: number;
  /** What the nodes speak. @default "grpc" */
  protocol?: string;
}

/**
 * Takes the service's name for its address and asks nobody: for networks that find services by name themselves, such
 * as Kubernetes or a mesh. With domain `svc`, `user` is called at `user.svc:8080`; a name with a port is left as it is.
 * Source: go-plugins v2 `selector/static`.
 */
export function staticSelector(options: StaticSelectorOptions = {}): Selector {
  const { domain, port = 8080, protocol = "grpc", ...rest } = options;
  const registry = foundByName({
    name: "static",
    clock: rest.clock ?? systemClock,
    refreshMs: Number.POSITIVE_INFINITY,
    async find(service) {
      const address = /:\d+$/.test(service) ? service : `${service}${domain ? `.${domain}` : ""}:${port}`;
      return [{ address, metadata: { protocol } }];
    },
  });
  return registrySelector({ ...rest, registry });
}
