import { ConfigError } from "@micro/core";
import { expect, test } from "vitest";
import { fixedPaths } from "./fixed-paths.ts";

const entry = (path: string) => ({ path, answer: () => ({ status: 200, headers: [], body: path }) });

test("exact paths go before those for all below, the longer before the shorter, and / is only itself", () => {
  const find = fixedPaths(["/", "/docs/", "/docs/api/", "/docs/api/x"].map(entry));
  const found = (path: string) => find(path)?.path;
  expect(["/", "/docs/", "/docs/a", "/docs/api/y", "/docs/api/x", "/other"].map(found)).toEqual([
    "/",
    "/docs/",
    "/docs/",
    "/docs/api/",
    "/docs/api/x",
    undefined,
  ]);
});

test("two parts cannot have one path", () => {
  expect(() => fixedPaths([entry("/rpc"), entry("/rpc")])).toThrow(ConfigError);
});
