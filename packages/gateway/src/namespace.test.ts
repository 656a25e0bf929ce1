import { ConfigError } from "@micro/core";
import { expect, test } from "vitest";
import { servicePrefix, servicePrefixes } from "./namespace.ts";

test.each([
  [{}, "go.micro.api"],
  [{ namespace: "com.acme" }, "com.acme.api"],
  [{ namespace: "com.acme.api" }, "com.acme.api"],
  [{ namespace: "go.micro", type: "srv" }, "go.micro.srv"],
  [{ namespace: "go.micro.srv", type: "srv" }, "go.micro.srv"],
  [{ namespace: "go.micro.srv" }, "go.micro.srv.api"],
  [{ namespace: "api" }, "api.api"],
])("%j reaches services under %s, whatever the host", (options, prefix) => {
  expect(servicePrefix(options)).toBe(prefix);
  const { usual, of, byHost } = servicePrefixes(options);
  expect([usual, of({ headers: { host: "staging.myapp.com" } }), byHost]).toEqual([prefix, prefix, false]);
});

const mistakes = [{ namespace: "" }, { namespace: "a..b" }, { namespace: "a b" }, { type: "" }, { type: "a/b" }];

test.each([{ namespace: "domain" }, ...mistakes])("%j is a mistake that says what is expected", (options) => {
  expect(() => servicePrefix(options)).toThrow(ConfigError);
  expect(() => servicePrefix(options)).toThrow(/expected/);
});

test.each([...mistakes, { namespace: "domain", type: "a/b" }])("so it is where the host may decide: %j", (options) => {
  expect(() => servicePrefixes(options)).toThrow(/expected/);
});

test.each([
  ["staging.myapp.com", "staging.api"],
  ["EU.Staging.MyApp.com:8443", "staging.eu.api"],
  ["staging.myapp.com.", "staging.api"],
  // As in go-micro, where the type is taken off a namespace that is given as such and off no other.
  ["api.myapp.com", "api.api"],
  ["myapp.com", "go.micro.api"],
  ["localhost:8080", "go.micro.api"],
  ["127.0.0.1:8080", "go.micro.api"],
  ["[::1]:8080", "go.micro.api"],
  ["", "go.micro.api"],
  [undefined, "go.micro.api"],
])("with the namespace domain host %s reaches %s", async (host, prefix) => {
  const prefixes = servicePrefixes({ namespace: "domain" });
  await prefixes.load();
  expect(prefixes.of({ headers: { host } })).toBe(prefix);
  expect(prefixes.usual).toBe("go.micro.api");
});

test("with the namespace domain the type decides which services can be reached at all", () => {
  const { covers, usual } = servicePrefixes({ namespace: "domain", type: "web" });
  expect(usual).toBe("go.micro.web");
  expect(["staging.web.shop", "a.b.web.c.d"].every(covers)).toBe(true);
  expect(["staging.api.shop", "staging.web", "web.shop", "go.micro.srv.web"].some(covers)).toBe(false);
});
