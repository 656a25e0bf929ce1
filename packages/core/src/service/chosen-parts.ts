import type { Broker } from "../broker/broker.ts";
import { httpBrokerPlugin } from "../broker/http/http.ts";
import { memoryBrokerPlugin } from "../broker/memory.ts";
import type { BrokerPlugin } from "../broker/plugin.ts";
import { mdns } from "../registry/mdns/mdns.ts";
import { memory } from "../registry/memory.ts";
import type { RegistryPlugin } from "../registry/plugin.ts";
import type { Registry } from "../registry/registry.ts";
import type { Logger } from "../words/logger.ts";
import { choosePlugin } from "./plugins.ts";
import type { ServiceOptions } from "./service-options.ts";
import type { Settings } from "./settings.ts";

/** The parts that a name picks among plugins. Opening one throws what was wrong with the settings, for whoever needs it first. */
export interface ChosenParts {
  readonly registryName: string;
  readonly brokerName: string;
  openRegistry(): Registry | Promise<Registry>;
  /** A broker of subscribers that find each other through `registry`, where it is one that needs it. */
  openBroker(registry: Registry): Broker | Promise<Broker>;
}

/** What flags, environment and the program chose. Opens nothing yet. */
export function chosenParts(
  { plugins = [], registry, broker }: Pick<ServiceOptions, "plugins" | "registry" | "broker">,
  { values, problem }: Settings,
  logger: Logger,
): ChosenParts {
  const registryName = values.registry ?? registry ?? "mdns";
  const brokerName = values.broker ?? broker ?? "http";
  return {
    registryName,
    brokerName,
    openRegistry() {
      if (problem) throw problem;
      const flag = values.registry ? "--registry" : "registry";
      const plugin = choosePlugin<RegistryPlugin>("registry", registryName, [...plugins, mdns, memory], flag);
      return plugin.open({ addresses: values.registry_address ?? [], logger });
    },
    openBroker(opened) {
      if (problem) throw problem;
      const flag = values.broker ? "--broker" : "broker";
      const http = httpBrokerPlugin(values.broker_dialect ? { dialect: values.broker_dialect } : {});
      const known = [...plugins, http, memoryBrokerPlugin];
      const plugin = choosePlugin<BrokerPlugin>("broker", brokerName, known, flag);
      return plugin.open({ addresses: values.broker_address ?? [], logger, registry: opened });
    },
  };
}
