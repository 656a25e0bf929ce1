import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { called, codecs } from "./example.ts";

it("shows in the README an example that works", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const shown = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const example = await readFile(new URL("example.ts", import.meta.url), "utf8");
  expect(example).toBe(shown.replace('"@micro/codec-bson"', '"../src/index.ts"'));
  expect(called).toEqual(["Greeter.Hello", { name: "bob", visits: 7 }]);
  expect(codecs.find("application/bson")?.name).toBe("bson");
});
