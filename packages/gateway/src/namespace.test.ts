import { ConfigError } from "@micro/core";
import { expect, test } from "vitest";
import { servicePrefix } from "./namespace.ts";

test.each([
  [{}, "go.micro.api"],
  [{ namespace: "com.acme" }, "com.acme.api"],
  [{ namespace: "com.acme.api" }, "com.acme.api"],
  [{ namespace: "go.micro", type: "srv" }, "go.micro.srv"],
  [{ namespace: "go.micro.srv", type: "srv" }, "go.micro.srv"],
  [{ namespace: "go.micro.srv" }, "go.micro.srv.api"],
  [{ namespace: "api" }, "api.api"],
])("%j reaches services under %s", (options, prefix) => {
  expect(servicePrefix(options)).toBe(prefix);
});

test.each([
  { namespace: "domain" },
  { namespace: "" },
  { namespace: "a..b" },
  { namespace: "a b" },
  { type: "" },
  { type: "a/b" },
])("%j is a mistake that says what is expected", (options) => {
  expect(() => servicePrefix(options)).toThrow(ConfigError);
  expect(() => servicePrefix(options)).toThrow(/expected/);
});
