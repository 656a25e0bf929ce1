import { ConfigError } from "@micro/core";
import { expect, test } from "vitest";
import { resolverNamed } from "./resolvers.ts";

test("an unknown resolver is a mistake that lists the known ones", () => {
  expect(() => resolverNamed("paht", "go.micro.api")).toThrow(ConfigError);
  expect(() => resolverNamed("paht", "go.micro.api")).toThrow(/"paht"; expected micro/);
});
