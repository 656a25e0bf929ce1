import { ConfigError } from "@micro/core";
import { describe, expect, it } from "vitest";
import { parseAddress } from "./address.ts";

describe("parseAddress", () => {
  it.each([
    ["etcd", "etcd:2379", false],
    ["10.0.0.1", "10.0.0.1:2379", false],
    ["10.0.0.1:3379", "10.0.0.1:3379", false],
    [" 10.0.0.1:3379 ", "10.0.0.1:3379", false],
    ["http://etcd.example:80/", "etcd.example:80", false],
    ["https://etcd.example", "etcd.example:2379", true],
    ["HTTPS://etcd.example:4379", "etcd.example:4379", true],
    ["::1", "[::1]:2379", false],
    ["[::1]", "[::1]:2379", false],
    ["[fe80::1]:3379", "[fe80::1]:3379", false],
    ["https://[::1]:3379", "[::1]:3379", true],
  ])("reads %s", (given, target, secure) => {
    expect(parseAddress(given)).toEqual({ target, secure, text: secure ? `https://${target}` : target });
  });

  it("takes name and password from before the @, and never shows them", () => {
    const address = parseAddress("https://micro:pa%3Ass@etcd.example:2379");
    expect(address).toMatchObject({ target: "etcd.example:2379", text: "https://etcd.example:2379" });
    expect(address.auth).toEqual({ username: "micro", password: "pa:ss" });
    expect(() => parseAddress("https://micro:pa55word@etcd:port")).toThrow('"https://…@etcd:port"');
    expect(() => parseAddress("micro:pa55@word@e t c d")).toThrow('"…@e t c d"');
    expect(() => parseAddress("micro:%zz@etcd")).toThrow('"…@etcd"');
  });

  it.each([
    "",
    "a:b",
    "a:1:2",
    "host:0",
    "host:65536",
    "host:",
    ":2379",
    "[::1",
    "[nope]:1",
    "ftp://etcd",
    "http://etcd/path",
    "a b",
  ])("refuses %j and says what it expected", (given) => {
    expect(() => parseAddress(given)).toThrow(ConfigError);
    expect(() => parseAddress(given)).toThrow(`"${given}" is no address of etcd: expected host, host:port`);
  });
});
