import { readFile } from "node:fs/promises";
import type { Flag } from "@micro/core";
import { expect, test } from "vitest";
import { gatewayFlags } from "../src/api/flags.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

test("the table of flags names them all, with variable and default", () => {
  const rows = [...readme.matchAll(/^\| `--(\w+)` \| `(\w+)` \| `?([^`|]+?)`? \|/gm)].map(([, ...row]) => row);
  const minutes: Record<string, string> = { max_timeout: "1m", proxy_timeout: "1m", stream_idle: "1h" };
  // Those that only --explain reads stand beside the table.
  const expected = gatewayFlags.flatMap((flag: Flag) =>
    flag.env === undefined ? [] : [[flag.name, flag.env, minutes[flag.name] ?? String(flag.default ?? "none")]],
  );
  expect(rows).toEqual(expected);
});
