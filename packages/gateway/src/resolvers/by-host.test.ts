import { ConfigError } from "@micro/core";
import { expect, test } from "vitest";
import { servicePrefixes } from "../namespace.ts";
import { resolverUnder } from "./by-host.ts";

const prefixes = servicePrefixes({ namespace: "domain" });
await prefixes.load();

test.each([
  ["micro", "meta", "/user/say/hello", "staging.api.user Say.Hello"],
  ["micro", "http", "/shop/cart", "staging.api.shop GET"],
  ["path", "http", "/v1/shop", "staging.api.v1 GET"],
  ["vpath", "web", "/v1/shop/cart", "staging.api.v1.shop GET"],
] as const)("resolver %s with handler %s takes %s at staging.myapp.com to %s", (name, handler, path, expected) => {
  const resolve = resolverUnder(name, prefixes, { handler });
  // Twice, since what was found is remembered.
  for (let time = 0; time < 2; time++) {
    const route = resolve({ path, method: "GET", headers: { host: "staging.myapp.com" } });
    expect(`${route?.service} ${route?.endpoint}`).toBe(expected);
  }
});

test("the same path means something else at each host, however many there are", () => {
  const resolve = resolverUnder("micro", prefixes, {});
  const ask = (host: string) => resolve({ path: "/user/say/hello", headers: { host } })?.service;
  for (let round = 0; round < 2; round++) {
    for (let at = 0; at < 100; at++) expect(ask(`n${at}.myapp.com`)).toBe(`n${at}.api.user`);
    expect(ask("localhost")).toBe("go.micro.api.user");
  }
});

test.each(["host", "grpc", "subdomain"])("resolver %s makes no sense where the host is the namespace", (name) => {
  const build = () => resolverUnder(name, prefixes, { handler: "http", baseDomain: "myapp.com" });
  expect(build).toThrow(ConfigError);
  expect(build).toThrow("namespace domain");
});

test("a resolver that makes no sense with the handler is refused as ever", () => {
  expect(() => resolverUnder("path", prefixes, { handler: "meta" })).toThrow("finds a service but no endpoint");
});
