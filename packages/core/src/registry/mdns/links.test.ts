import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { linksOf, onLinkCheck } from "./links.ts";

function info(cidr: string, internal = false): NetworkInterfaceInfo {
  const [address = ""] = cidr.split("/");
  const common = { address, cidr, internal, mac: "", netmask: "" };
  return cidr.includes(":") ? { ...common, family: "IPv6", scopeid: 2 } : { ...common, family: "IPv4" };
}

const interfaces = {
  lo: [info("127.0.0.1/8", true), info("::1/128", true)],
  eth0: [info("192.0.2.2/24"), info("198.51.100.1/24"), info("fd00::2/64"), info("fe80::1/64")],
  wlan0: [info("fe80::2/64")],
};

describe("links", () => {
  it("are one a family and interface, the loopback with IPv4 only", () => {
    const keys = linksOf(interfaces).map(({ key }) => key);
    expect(keys).toEqual(["lo 127.0.0.1", "eth0 192.0.2.2", "eth0 IPv6", "wlan0 IPv6"]);
  });

  it("are those of the interfaces named", () => {
    expect(linksOf(interfaces, ["lo"])).toEqual([{ key: "lo 127.0.0.1", family: "udp4", interface: "127.0.0.1" }]);
    expect(linksOf(interfaces, ["none"])).toEqual([]);
  });

  it("hold the addresses in the networks of this machine, and no others", () => {
    const isOnLink = onLinkCheck(interfaces);
    for (const address of ["127.0.0.9", "192.0.2.77", "198.51.100.3", "169.254.1.1", "fd00::9", "fe80::9%eth0", "::1"])
      expect(isOnLink(address), address).toBe(true);
    for (const address of ["192.0.3.1", "8.8.8.8", "fd00:0:0:1::9", "2001:db8::1", ""])
      expect(isOnLink(address), address).toBe(false);
  });
});
