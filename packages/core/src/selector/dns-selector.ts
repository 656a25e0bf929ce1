import { lookup, resolveSrv } from "node:dns/promises";
import { formatHostPort } from "../words/address.ts";
import { systemClock } from "../words/clock.ts";
import { foundByName } from "./found-by-name.ts";
import { type RegistrySelectorOptions, registrySelector } from "./registry-selector.ts";
import type { Selector } from "./selector.ts";

export interface DnsSelectorOptions extends Omit<RegistrySelectorOptions, "registry" | "cache"> {
  /** Where services without a port are looked up. @default "local" */
  domain?: string;
  /** How often the addresses of a service in use are looked up again, in milliseconds. @default 10000 */
  refreshMs?: number;
  /** What the nodes speak. @default "grpc" */
  protocol?: string;
  /** Asks the DNS; tests pass their own. @default the system's resolver */
  resolver?: DnsResolver;
}

/** The two questions asked of the DNS. They reject with the codes of `node:dns`. */
export interface DnsResolver {
  /** All addresses of a host. */
  addresses(host: string): Promise<readonly string[]>;
  services(name: string): Promise<readonly SrvRecord[]>;
}

/** What an SRV record says. */
export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/**
 * Finds nodes in the DNS: `user.example.com:9090` at every address of the host, `user` at what the SRV records of
 * `_user._tcp.local` name. Of those only the ones of the best priority are called; their weights are the nodes' `weight`.
 * Addresses are looked up again while the service is in use, and the last ones kept while the DNS does not answer.
 */
export function dnsSelector(options: DnsSelectorOptions = {}): Selector {
  const { domain = "local", refreshMs = 10_000, protocol = "grpc", resolver = systemResolver, ...rest } = options;
  const registry = foundByName({
    name: "dns",
    clock: rest.clock ?? systemClock,
    refreshMs,
    async find(service) {
      const [, host, port] = /^(.+):(\d+)$/.exec(service) ?? [];
      if (host !== undefined && port !== undefined) {
        const found = await noneWhenUnknown(resolver.addresses(host.replace(/^\[|\]$/g, "")));
        return found.map((address) => ({ address: formatHostPort(address, port), metadata: { protocol } }));
      }
      const found = await noneWhenUnknown(resolver.services(`_${service}._tcp.${domain}`));
      const best = Math.min(...found.map(({ priority }) => priority));
      return found
        .filter(({ priority }) => priority === best)
        .map(({ name, port, weight }) => ({
          address: formatHostPort(name.replace(/\.$/, ""), port),
          metadata: { protocol, ...(weight > 0 && { weight: String(weight) }) },
        }));
    },
  });
  return registrySelector({ ...rest, registry });
}

const systemResolver: DnsResolver = {
  addresses: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  services: (name) => resolveSrv(name),
};

/** That there is no such name is an answer; that nobody answered is a failure. */
async function noneWhenUnknown<T>(answer: Promise<readonly T[]>): Promise<readonly T[]> {
  return answer.catch((reason: NodeJS.ErrnoException) => {
    if (reason.code === "ENOTFOUND" || reason.code === "ENODATA") return [];
    throw reason;
  });
}
