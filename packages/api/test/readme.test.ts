import { readFile } from "node:fs/promises";
import * as core from "@micro/core";
import { expect, test } from "vitest";
import * as exported from "../src/index.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

test("the example imports what there is", () => {
  const modules = { "@micro/core": core, "@micro/api": exported };
  for (const [, name = "", from] of readme.matchAll(/^import \{ (.*) \} from "(.*)";$/gm)) {
    expect(modules[from as keyof typeof modules]).toHaveProperty(name);
  }
  expect.hasAssertions();
});

test("the table of options names them all, with their defaults", () => {
  const options = new Map<string, string>();
  for (const [, names = "", defaults = ""] of readme.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| ([^|]+) \|/gm)) {
    const values = defaults.replaceAll("`", "").split(", ");
    for (const [at, name] of names.replaceAll("`", "").split(", ").entries())
      options.set(name, values[at]?.trim() ?? "");
  }
  const sizes = {
    maxBodyBytes: "100 MiB",
    maxHeaderBytes: "16 KiB",
    maxHeldBytes: "1 GiB",
    maxMessageBytes: "4 MiB",
    maxProxyBodyBytes: "1 GiB",
    adminAddress: "none",
    baseDomain: "none",
    routesFrom: "none",
    trustedProxies: "none",
  };
  const expected = Object.entries({ ...exported.apiDefaults, ...sizes }).map(([name, value]) => [name, String(value)]);
  expect(Object.fromEntries(options)).toEqual(Object.fromEntries(expected));
});
