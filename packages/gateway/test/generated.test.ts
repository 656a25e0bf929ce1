import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compileProto, generate } from "protoc-gen-micro";
import { expect, test } from "vitest";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

test("src/gen holds what the files of proto/api generate", async () => {
  const { files, targets } = await compileProto({
    files: [folder("../../../proto/api/api.proto"), folder("../../../proto/api/raw.proto")],
    protoPaths: [folder("../../../proto/api")],
  });
  const generated = generate({ files, targets }).files;
  expect(generated.map(({ path }) => path).sort()).toEqual(["api.ts", "raw.ts"]);
  for (const { path, content } of generated) {
    expect(await readFile(folder(`../src/gen/${path}`), "utf8")).toBe(content);
  }
});
