import { readFile } from "node:fs/promises";
import * as net from "node:net";
import { expect, it } from "vitest";
import * as http2 from "../src/index.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

it("has an example that runs", async () => {
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const imported = [...code.matchAll(/^import \{ (.*) \} from "(.*)";$/gm)].map(([, names, from]) => [names, from]);
  expect(imported).toEqual([
    ["createServer", "node:net"],
    ["accept, connect, HeaderTemplate", "@micro/http2"],
  ]);
  const printed: unknown[] = [];
  const parts = { ...net, ...http2, console: { log: (line: unknown) => printed.push(line) } };
  const body = code.replace(/^import .*$/gm, "");
  const run = new Function("parts", `with (parts) return (async () => { ${body} })();`);
  await run(parts);
  expect(printed).toEqual(["200", "you asked for /hello", "0"]);
});

it("has a table of the limits as they are", () => {
  const rows = [...readme.matchAll(/^\| (`.*) \| ([\d, +/s]+) \| /gm)];
  const told = rows.flatMap(([, names = "", values = ""]) => {
    const each = values.split(", ");
    return [...names.matchAll(/`(\w+)`/g)].map(([, name], at) => [name, each[at]]);
  });
  const rate = ({ burst, perSecond }: http2.Rate): string => `${burst} + ${perSecond}/s`;
  const limits = Object.entries(http2.defaultLimits).map(([name, limit]: [string, number | http2.Rate]) => [
    name,
    typeof limit === "number" ? String(limit) : rate(limit),
  ]);
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(limits));
});

it("names the defaults of liveness", () => {
  const { keepAliveMs, keepAliveTimeoutMs, unfinishedMs, stallMs } = http2.defaultLiveness;
  for (const ms of [keepAliveMs, keepAliveTimeoutMs, unfinishedMs, stallMs]) expect(readme).toContain(`${ms / 1000} s`);
});
