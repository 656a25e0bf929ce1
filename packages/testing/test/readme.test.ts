import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

it("shows in the README a test that runs", () => {
  const example = /```ts\n(.*?)```/s.exec(read("../README.md"))?.[1] ?? "";
  expect(read("example.test.ts")).toBe(example.replace('"@micro/testing"', '"../src/index.ts"'));
});
