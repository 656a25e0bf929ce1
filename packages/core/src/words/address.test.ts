import { describe, expect, it } from "vitest";
import { advertisedAddress, parseListenAddress } from "./address.ts";

describe("parseListenAddress", () => {
  it.each([
    [":0", { host: "", port: 0 }],
    ["127.0.0.1:8080", { host: "127.0.0.1", port: 8080 }],
    ["localhost:1", { host: "localhost", port: 1 }],
    ["[::1]:50051", { host: "::1", port: 50051 }],
  ])("reads %s", (text, expected) => {
    expect(parseListenAddress(text, "server address")).toEqual(expected);
  });

  it.each(["8080", "host", "::1:80", "a b:1", ":70000", ":x", "http://a:1", ""])("refuses %s by name", (text) => {
    expect(() => parseListenAddress(text, "--server_address")).toThrow(`--server_address: "${text}" is no address`);
  });
});

describe("advertisedAddress", () => {
  const entry = (address: string, internal: boolean) => ({
    address,
    internal,
    family: address.includes(":") ? ("IPv6" as const) : ("IPv4" as const),
    netmask: "",
    mac: "",
    cidr: null,
    scopeid: 0,
  });
  const interfaces = {
    lo: [entry("127.0.0.1", true), entry("::1", true)],
    eth0: [entry("203.0.113.5", false), entry("10.0.0.5", false)],
  } as Parameters<typeof advertisedAddress>[2];
  const all = { host: "::", port: 5000 };

  it("publishes a private address in place of all interfaces", () => {
    expect(advertisedAddress(undefined, all, interfaces)).toBe("10.0.0.5:5000");
    expect(advertisedAddress("0.0.0.0:80", all, interfaces)).toBe("10.0.0.5:80");
    expect(advertisedAddress(":81", all, interfaces)).toBe("10.0.0.5:81");
  });

  it("publishes any other host as given", () => {
    expect(advertisedAddress("api.example:443", all, interfaces)).toBe("api.example:443");
    expect(advertisedAddress("[2001:db8::1]:9", all, interfaces)).toBe("[2001:db8::1]:9");
    expect(advertisedAddress("subject", all, interfaces)).toBe("subject");
    expect(advertisedAddress(undefined, { host: "127.0.0.1", port: 7 }, interfaces)).toBe("127.0.0.1:7");
  });

  it("takes the last address there is when none is private", () => {
    const publicOnly = { lo: interfaces?.lo, eth0: [entry("203.0.113.5", false)] } as typeof interfaces;
    expect(advertisedAddress(undefined, all, publicOnly)).toBe("[::1]:5000");
  });
});
