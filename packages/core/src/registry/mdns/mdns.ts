import { setMaxListeners } from "node:events";
import { type Clock, systemClock } from "../../words/clock.ts";
import { unavailable } from "../../words/errors.ts";
import { closeable, closeOnce } from "../../words/lifecycle.ts";
import { type Logger, silentLogger } from "../../words/logger.ts";
import { ConfigError } from "../../words/plugin.ts";
import type { RegistryPlugin } from "../plugin.ts";
import type { Registry } from "../registry.ts";
import { errorId } from "./instance.ts";
import { listNames, lookUp } from "./lookup.ts";
import { openNetwork } from "./network.ts";
import { createRegistrar } from "./registrar.ts";
import { type OpenNetwork, openStation } from "./station.ts";
import { watchServices } from "./watch.ts";

export interface MdnsRegistryOptions {
  /**
   * How long a lookup collects answers, in milliseconds. Each lookup takes this long, since nobody knows how many there
   * are to answer. @default 100
   */
  timeoutMs?: number;
  /**
   * How often a watch asks who is there, in milliseconds. A process that died without a farewell is deleted after two
   * such rounds without its answer. @default 30000
   */
  reconcileMs?: number;
  /** The domain that names end with; registries with different ones do not see each other. @default "micro" */
  domain?: string;
  /** The UDP port of the multicast groups. Go peers use the default. @default 5353 */
  port?: number;
  /** Names of the interfaces to use, such as `["eth0"]`. @default all, the loopback included */
  interfaces?: readonly string[];
  /** Ignore packets from addresses in no network of this machine (RFC 6762 §11). @default true */
  onLinkOnly?: boolean;
  /** @default says nothing */
  logger?: Logger;
  /** @default the system's */
  clock?: Clock;
}

const defaults: Required<Omit<MdnsRegistryOptions, "interfaces">> = {
  timeoutMs: 100,
  reconcileMs: 30_000,
  domain: "micro",
  port: 5_353,
  onLinkOnly: true,
  logger: silentLogger,
  clock: systemClock,
};

/**
 * Finds services on the local network by multicast DNS, as go-micro does by default; nothing needs to be installed.
 *
 * Nodes answer for themselves: a record lives while the process that registered it does, and `register` resolves when
 * its first announcement has left. Closing takes back what is still registered, since nothing answers for it then.
 * Answers carry IP addresses, so a DNS name in a node's address is looked up when it is registered. What a packet
 * cannot carry (a part of a name of more than 63 bytes, a record of more than 8,952) is refused with 400. Service
 * metadata is not carried; `listServices` gives names only.
 */
export function mdnsRegistry(options: MdnsRegistryOptions = {}): Registry {
  const settings = { ...defaults, ...options };
  return openRegistry(settings, (events) => openNetwork({ interfaces: undefined, ...settings }, events));
}

/** Answers to `--registry=mdns`. It has no server, so an address given to it is a mistake. */
export const mdns: RegistryPlugin = {
  kind: "registry",
  name: "mdns",
  open({ addresses, logger }) {
    if (addresses.length > 0)
      throw new ConfigError(
        `registry mdns has no server and takes no address, but got ${addresses.join(", ")}; leave the address out or choose another registry`,
      );
    return mdnsRegistry({ logger });
  },
};

/** The registry over a given network; tests bring one of their own. */
export function openRegistry(
  { timeoutMs, reconcileMs, domain, logger, clock }: typeof defaults,
  network: OpenNetwork,
): Registry {
  const life = new AbortController();
  // Each lookup and each watch waits for its end; many at once are no leak.
  setMaxListeners(0, life.signal);
  const station = openStation(domain, network, logger, life.signal);
  const registrar = createRegistrar(station, clock, logger);
  return {
    name: "mdns",
    register: (record, options) => registrar.register(record, options),
    deregister: (record) => registrar.deregister(record),
    async getService(name) {
      station.assertOpen();
      return lookUp(station, clock, timeoutMs, name);
    },
    async listServices() {
      station.assertOpen();
      const names = await listNames(station, clock, timeoutMs);
      return names.map((name) => ({ name, version: "", metadata: {}, endpoints: [], nodes: [] }));
    },
    watch: (options = {}) => watchServices(station, { clock, logger, timeoutMs, reconcileMs }, options),
    ...closeable(
      closeOnce(async () => {
        life.abort(unavailable(errorId, "the mdns registry was closed meanwhile"));
        await registrar.leave();
        await station.close();
      }),
    ),
  };
}
