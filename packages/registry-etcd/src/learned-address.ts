import { BlockList, isIP, isIPv6 } from "node:net";
import { type EtcdAddress, parseAddress } from "./address.ts";

/** What the settings say of which other addresses may be used. */
export interface AddressRules {
  readonly configured: readonly EtcdAddress[];
  /** Whether any connection is encrypted: then all must be. */
  readonly secure: boolean;
}

/**
 * The address behind a client URL that a member of the cluster gave; undefined when it must not be used or is one of
 * the configured ones. The scheme must be that of the settings, so that neither passwords nor records go over the wire
 * in clear because of what the cluster says of itself. An address that means "this machine" is believed only when a
 * configured one does, too: on another machine it is not the member's.
 */
export function learnedAddress(url: string, { configured, secure }: AddressRules): EtcdAddress | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port, username, password } = new URL(url);
  if (protocol !== (secure ? "https:" : "http:") || hostname === "" || port === "0" || username || password)
    return undefined;
  if (isHere(hostname) && !configured.some(({ target }) => isHere(new URL(`http://${target}`).hostname)))
    return undefined;
  const address = parseAddress(`${protocol}//${hostname}:${port || (secure ? 443 : 80)}`);
  return configured.some(({ target }) => target === address.target) ? undefined : address;
}

function isHere(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host)) return here.check(host, isIPv6(host) ? "ipv6" : "ipv4");
  return host === "localhost" || host.endsWith(".localhost");
}

// Loopback, and what stands for "every address of this machine".
const here = new BlockList();
here.addSubnet("127.0.0.0", 8, "ipv4");
here.addSubnet("0.0.0.0", 8, "ipv4");
here.addAddress("::1", "ipv6");
here.addAddress("::", "ipv6");
