import { BlockList, isIPv6 } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";

/** A way out of this machine, and into it: one interface and one family of addresses. */
export interface Link {
  /** Equal for the same link seen at another time. */
  readonly key: string;
  readonly family: "udp4" | "udp6";
  /** What the sockets call the interface: its IPv4 address, or `::%name`. */
  readonly interface: string;
}

export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/**
 * The links of all interfaces, or of those named: for IPv4 one an interface, the loopback included, since it may be
 * all there is; for IPv6 one for each interface other than the loopback, over which Linux has no route for multicast.
 */
export function linksOf(interfaces: Interfaces, only?: readonly string[]): Link[] {
  return Object.entries(interfaces).flatMap(([name, addresses = []]) => {
    if (only && !only.includes(name)) return [];
    const v4 = addresses.find(({ family }) => family === "IPv4");
    const v6 = addresses.find(({ family, internal }) => family === "IPv6" && !internal);
    // Windows wants the interface's number after the percent sign, the others take its name.
    const zone = process.platform === "win32" ? addresses.find(({ scopeid }) => scopeid)?.scopeid : name;
    return [
      ...(v4 ? [{ key: `${name} ${v4.address}`, family: "udp4", interface: v4.address } as const] : []),
      ...(v6 ? [{ key: `${name} IPv6`, family: "udp6", interface: `::%${zone}` } as const] : []),
    ];
  });
}

/** Tells whether an address belongs to a network this machine has an interface in (RFC 6762 §11). */
export function onLinkCheck(interfaces: Interfaces): (address: string) => boolean {
  const subnets = new BlockList();
  subnets.addSubnet("127.0.0.0", 8, "ipv4");
  subnets.addSubnet("169.254.0.0", 16, "ipv4");
  subnets.addSubnet("fe80::", 10, "ipv6");
  for (const { address, cidr, family } of Object.values(interfaces).flatMap((addresses) => addresses ?? [])) {
    const bits = Number(cidr?.split("/")[1] ?? (family === "IPv4" ? 32 : 128));
    subnets.addSubnet(address, bits, family === "IPv4" ? "ipv4" : "ipv6");
  }
  return (address) => {
    const bare = address.split("%")[0] ?? "";
    return subnets.check(bare, isIPv6(bare) ? "ipv6" : "ipv4");
  };
}
