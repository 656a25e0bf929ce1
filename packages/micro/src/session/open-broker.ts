import {
  type Broker,
  type BrokerPlugin,
  httpBrokerPlugin,
  type Logger,
  memoryBrokerPlugin,
  type Registry,
} from "@micro/core";
import { choose } from "./choose.ts";
import type { SessionValues } from "./session-flags.ts";

const brokers: Readonly<Record<string, BrokerPlugin>> = { http: httpBrokerPlugin, memory: memoryBrokerPlugin };

/** The broker that `--broker` names. Throws a `ConfigError` for a name or an address that is none. */
export async function openBroker(values: SessionValues, registry: Registry, logger: Logger): Promise<Broker> {
  const plugin = choose("broker", values.broker ?? "http", brokers);
  return plugin.open({ addresses: values.broker_address ?? [], logger, registry });
}
