import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { gatewayFlags } from "../src/api/flags.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

test("the table of flags names them all, with variable and default", () => {
  const rows = [...readme.matchAll(/^\| `--(\w+)` \| `(\w+)` \| `?([^`|]+?)`? \|/gm)].map(([, ...row]) => row);
  const expected = gatewayFlags.map(({ name, env, default: value }) => [
    name,
    env,
    name === "max_timeout" ? "1m" : String(value),
  ]);
  expect(rows).toEqual(expected);
});
