import { ConfigError } from "@micro/core";
import { expect, test } from "vitest";
import { targetPatterns } from "./targets.ts";

const login = { path: "/user/login", route: { service: "go.micro.api.user", endpoint: "Session.Login" } };
const admin = { path: "/user/admin/a", route: { service: "go.micro.api.user.admin", endpoint: "Session.Login" } };
const fixed = { path: "/rpc", route: undefined };

test.each([
  ["*", [true, true, true]],
  ["/user/login", [true, false, false]],
  ["/user/*", [true, true, false]],
  ["/*", [true, true, true]],
  ["/rpc", [false, false, true]],
  ["go.micro.api.user/Session.Login", [true, false, false]],
  ["go.micro.api.user/*", [true, false, false]],
  ["go.micro.api.user.*", [false, true, false]],
  ["go.micro.api.*", [true, true, false]],
])("%s", (pattern, expected) => {
  const is = targetPatterns("rule", [pattern]);
  expect([login, admin, fixed].map(is)).toEqual(expected);
});

test.each(["", "user", "go.micro.api.user*", "/a*", "/a/*/b", "a/b/c", "*/Say.Hello"])("%j is refused", (pattern) => {
  expect(() => targetPatterns("rule", [pattern])).toThrow(ConfigError);
});
