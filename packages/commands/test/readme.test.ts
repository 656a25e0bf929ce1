import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import * as commands from "../src/index.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

it("shows in the README an example that compiles", async () => {
  const shown = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const example = await readFile(new URL("example.ts", import.meta.url), "utf8");
  expect(example).toBe(shown.replace('"@micro/commands"', '"../src/index.ts"'));
});

it("names in its table what there is", () => {
  const named = [...readme.matchAll(/^\|.*$/gm)].flatMap(([row]) =>
    [...row.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  const functions = Object.keys(commands).filter(
    (name) =>
      !/^(commandsId|goDuration|indentJson|healthStatus|isHealthy|jsonArgument|metadataText|streamFailureText)$/.test(
        name,
      ),
  );
  expect(new Set(named)).toEqual(new Set(functions));
});
