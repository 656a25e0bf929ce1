import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

it("shows in the README what the memory registry's test does", () => {
  const example = /```ts\n(.*?)```/s.exec(read("../README.md"))?.[1] ?? "";
  const ownName = example.replace('"@micro/conformance"', '"../src/index.ts"');
  expect(read("registry.test.ts")).toBe(ownName);
});
