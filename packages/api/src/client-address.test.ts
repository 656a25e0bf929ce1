import { expect, test } from "vitest";
import { clientAddress } from "./client-address.ts";
import { proxyTrust } from "./proxy-trust.ts";

const isProxy = proxyTrust(["10.0.0.0/8", "fd00::/8"]);
const from = (remoteAddress: string, forwarded?: string | string[]) =>
  clientAddress({ remoteAddress, headers: { "x-forwarded-for": forwarded } }, isProxy);

test("a peer that is no proxy is the client, whatever it says", () => {
  expect(from("192.0.2.1", "203.0.113.9")).toBe("192.0.2.1");
  expect(from("::ffff:192.0.2.1")).toBe("192.0.2.1");
});

test("behind trusted proxies it is the last address that is none of them", () => {
  expect(from("10.0.0.1", "203.0.113.9")).toBe("203.0.113.9");
  expect(from("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.2.2.2")).toBe("203.0.113.9");
  expect(from("::ffff:10.0.0.1", ["1.1.1.1", "203.0.113.9:4711"])).toBe("203.0.113.9");
  expect(from("fd00::1", "[2001:db8::1]:80")).toBe("2001:db8::1");
});

test("a proxy that tells nothing is the client itself", () => {
  expect(from("10.0.0.1")).toBe("10.0.0.1");
  expect(from("10.0.0.1", "1.1.1.1, , ")).toBe("10.0.0.1");
  expect(from("10.0.0.1", "10.0.0.3, 10.0.0.2")).toBe("10.0.0.3");
});
