import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compileProto, generate } from "protoc-gen-micro";
import { expect, test } from "vitest";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

test("src/gen holds what proto/api/api.proto generates", async () => {
  const { files, targets } = await compileProto({
    files: [folder("../../../proto/api/api.proto")],
    protoPaths: [folder("../../../proto/api")],
  });
  for (const { path, content } of generate({ files, targets }).files) {
    expect(await readFile(folder(`../src/gen/${path}`), "utf8")).toBe(content);
  }
});
