import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { microFile } from "./micro.ts";

const bundle = dirname(microFile);

/** The files that Node reads for one of the bundle, the size of each by name; what is imported later is not among them. */
async function loadedWith(name: string, sizes = new Map<string, number>()): Promise<Map<string, number>> {
  if (sizes.has(name)) return sizes;
  const text = await readFile(join(bundle, name), "utf8");
  sizes.set(name, text.length);
  for (const [, other = ""] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.mjs)"/g)) await loadedWith(other, sizes);
  return sizes;
}

it("list services loads the registry alone, which is little", async () => {
  const files = await readdir(bundle);
  const sizes = new Map<string, number>();
  for (const part of ["main", "registry-asks", "mdns"]) {
    const file = files.find((each) => each.startsWith(part) && each.endsWith(".mjs"));
    expect(file, part).toBeDefined();
    await loadedWith(file ?? "", sizes);
  }
  // Of over 2 MB. Twice as much would be felt: each 100 kB is 10 ms or so.
  expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBeLessThan(130_000);
  expect([...sizes.keys()].filter((name) => /^(run-|service-asks|etcd|tools)/.test(name))).toEqual([]);
});
