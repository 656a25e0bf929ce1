import { type Broker, httpBrokerPlugin, type Logger, memoryBrokerPlugin, type Registry } from "@micro/core";
import { choose } from "./choose.ts";
import type { SessionValues } from "./session-flags.ts";

/** The broker that `--broker` names. Throws a `ConfigError` for a name or an address that is none. */
export async function openBroker(values: SessionValues, registry: Registry, logger: Logger): Promise<Broker> {
  const { broker = "http", broker_dialect: dialect = "v2", broker_address: addresses = [] } = values;
  const brokers = { http: httpBrokerPlugin({ dialect }), memory: memoryBrokerPlugin };
  return choose("broker", broker, brokers).open({ addresses, logger, registry });
}
