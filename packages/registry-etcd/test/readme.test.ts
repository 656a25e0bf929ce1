import { readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { etcdServer, requireServer, spawnNode, startEtcd } from "@micro/testbed";
import { describe, expect, it } from "vitest";

const available = await requireServer(etcdServer);
const here = new URL("../", import.meta.url);

describe.skipIf(!available)("the README", () => {
  it("has an example that runs", { timeout: 60_000 }, async () => {
    const readme = await readFile(new URL("README.md", here), "utf8");
    const example = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    await using cluster = await startEtcd();
    // Within the package, so that it finds the package by its name.
    const file = new URL("dist/readme-example.mjs", here);
    await writeFile(file, example.replace("127.0.0.1:2379", cluster.addresses[0] ?? ""));
    try {
      const program = await spawnNode(fileURLToPath(file));
      expect(await program.exited).toEqual({ code: 0, signal: null });
      expect(program.output()).toBe("go.micro.srv.user latest 1\n");
    } finally {
      await rm(file);
    }
  });
});
