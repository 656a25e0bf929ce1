import type { Registry } from "../registry/registry.ts";
import type { OpenOptions, Plugin } from "../words/plugin.ts";
import type { Broker } from "./broker.ts";

/** What a broker plugin is opened with. */
export interface BrokerOpenOptions extends OpenOptions {
  /** Where brokers without a server of their own find each other. Stays its owner's to close. */
  readonly registry: Registry;
}

/** Answers to `--broker=<name>`. */
export interface BrokerPlugin extends Plugin<"broker", Broker> {
  open(options: BrokerOpenOptions): Broker | Promise<Broker>;
}
