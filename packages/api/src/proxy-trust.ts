import { BlockList, isIP } from "node:net";
import { ConfigError } from "@micro/core";

/** Whether a peer of that address is one of the given proxies, each an address or a network such as `10.0.0.0/8`. */
export function proxyTrust(proxies: readonly string[]): (address: string) => boolean {
  if (proxies.length === 0) return () => false;
  const list = new BlockList();
  for (const proxy of proxies) addTo(list, proxy);
  return (address) => {
    const bare = address.startsWith("::ffff:") ? address.slice(7) : address;
    const version = isIP(bare);
    return version !== 0 && list.check(bare, version === 6 ? "ipv6" : "ipv4");
  };
}

function addTo(list: BlockList, proxy: string): void {
  const [address = "", bits] = proxy.split("/");
  const version = isIP(address);
  const widest = version === 6 ? 128 : 32;
  const prefix = bits === undefined ? widest : Number(bits);
  if (version === 0 || !/^\d*$/.test(bits ?? "") || bits === "" || prefix > widest)
    throw new ConfigError(
      `trusted proxy is ${JSON.stringify(proxy)}; expected an address or a network such as 10.0.0.0/8`,
    );
  list.addSubnet(address, prefix, version === 6 ? "ipv6" : "ipv4");
}
