import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { originalPosition } from "./source-map.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "source map "));
});
afterAll(() => rm(folder, { recursive: true }));

// "AAEA" maps the first column of a line to line 3, column 1; ";" skips the first line.
const map = (sources: readonly string[]): string =>
  JSON.stringify({ version: 3, sources, names: [], mappings: ";AAEA" });

async function compiled(name: string, reference: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `first();\nsecond();\n${reference}\n`);
  return path;
}

test("a position is looked up in the map beside the file", async () => {
  const path = await compiled("a.js", "//# sourceMappingURL=a%20b.js.map");
  await writeFile(join(folder, "a b.js.map"), map(["../src/a.ts"]));
  expect(originalPosition({ file: path, line: 2, column: 4 })).toEqual({
    file: join(folder, "../src/a.ts"),
    line: 3,
    column: 1,
  });
});

test("a file may be named by its URL", async () => {
  const path = await compiled("b.js", "//# sourceMappingURL=b.js.map");
  await writeFile(join(folder, "b.js.map"), map(["b.ts"]));
  expect(originalPosition({ file: pathToFileURL(path).href, line: 2, column: 1 })?.file).toBe(join(folder, "b.ts"));
});

test.each([
  ["base64", (text: string) => `;base64,${Buffer.from(text).toString("base64")}`],
  ["plain", (text: string) => `,${encodeURIComponent(text)}`],
])("a map may be inside the file (%s)", async (name, encode) => {
  const reference = `//# sourceMappingURL=data:application/json;charset=utf-8${encode(map(["webpack://app/src/c.ts"]))}`;
  const path = await compiled(`${name}.js`, reference);
  expect(originalPosition({ file: path, line: 2, column: 1 })).toEqual({
    file: "webpack://app/src/c.ts",
    line: 3,
    column: 1,
  });
});

test("the last of several references counts, and one in a string does not", async () => {
  const path = await compiled(
    "d.js",
    'x = "//# sourceMappingURL=no.map";\n//# sourceMappingURL=old.map\n//# sourceMappingURL=d.js.map',
  );
  await writeFile(join(folder, "d.js.map"), map(["d.ts"]));
  expect(originalPosition({ file: path, line: 2, column: 1 })?.line).toBe(3);
});

test.each([
  ["no reference", "none.js", ""],
  ["a map that is not there", "lost.js", "//# sourceMappingURL=lost.js.map"],
  ["a map that is broken", "broken.js", "//# sourceMappingURL=data:application/json,%7B"],
  ["a reference that is broken", "odd.js", "//# sourceMappingURL=%zz"],
])("%s leaves the position unknown", async (_, name, reference) => {
  const path = await compiled(name, reference);
  expect(originalPosition({ file: path, line: 2, column: 1 })).toBeUndefined();
});

test("a place that the map does not cover is unknown", async () => {
  const path = await compiled("e.js", "//# sourceMappingURL=e.js.map");
  await writeFile(join(folder, "e.js.map"), map(["e.ts"]));
  expect(originalPosition({ file: path, line: 1, column: 1 })).toBeUndefined();
});

test("a file that is not there, or no file, is unknown", () => {
  expect(originalPosition({ file: join(folder, "missing.js"), line: 1, column: 1 })).toBeUndefined();
  expect(originalPosition({ file: "node:internal/timers", line: 1, column: 1 })).toBeUndefined();
});
