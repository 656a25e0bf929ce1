import { describe, expect, it } from "vitest";
import { parseAddress } from "./address.ts";
import { learnedAddress } from "./learned-address.ts";

describe("learnedAddress", () => {
  it.each([
    ["http://10.0.0.2:2379", "10.0.0.2:2379"],
    ["http://etcd-2.example:80", "etcd-2.example:80"],
    ["http://[fd00::2]:2379", "[fd00::2]:2379"],
    ["http://etcd_2:2379/", "etcd_2:2379"],
  ])("takes %s", (url, target) => {
    expect(learned(url, ["10.0.0.1"])).toBe(target);
  });

  it.each([
    "",
    "10.0.0.2:2379",
    "unix://10.0.0.2:2379",
    "http://",
    "http://10.0.0.2:0",
    "http://micro:secret@10.0.0.2:2379",
  ])("ignores %j", (url) => {
    expect(learned(url, ["10.0.0.1"])).toBeUndefined();
  });

  it("never leaves TLS, and never begins it", () => {
    expect(learned("http://10.0.0.2:2379", ["https://10.0.0.1"])).toBeUndefined();
    expect(learned("http://10.0.0.2:2379", ["10.0.0.3", "https://10.0.0.1"])).toBeUndefined();
    expect(learned("https://10.0.0.2:2379", ["10.0.0.1"])).toBeUndefined();
    expect(learned("https://10.0.0.2:2379", ["https://10.0.0.1"])).toBe("10.0.0.2:2379");
    expect(learned("https://10.0.0.2:443", ["https://10.0.0.1"])).toBe("10.0.0.2:443");
  });

  it.each([
    "http://127.0.0.1:3379",
    "http://127.8.8.8:3379",
    "http://0.0.0.0:3379",
    "http://localhost:3379",
    "http://LOCALHOST:3379",
    "http://[::1]:3379",
    "http://[::]:3379",
    "http://[::ffff:127.0.0.1]:3379",
    "http://2130706433:3379", // 127.0.0.1 as one number
  ])("takes %s only when a configured address is this machine, too", (url) => {
    expect(learned(url, ["10.0.0.1", "etcd.example"])).toBeUndefined();
    for (const here of ["127.0.0.1", "localhost:3380", "[::1]:2379"])
      expect(learned(url, ["10.0.0.1", here])).toMatch(/:3379$/);
  });

  it("leaves out what is configured", () => {
    expect(learned("http://10.0.0.1:2379", ["10.0.0.3", "10.0.0.1"])).toBeUndefined();
  });
});

function learned(url: string, given: readonly string[]): string | undefined {
  const configured = given.map(parseAddress);
  return learnedAddress(url, { configured, secure: configured.some((address) => address.secure) })?.target;
}
