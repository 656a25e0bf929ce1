import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package's tests. */
export const testFolder: string = fileURLToPath(new URL(".", import.meta.url));
/** .proto files, and what is generated from them; `protoc-gen-micro --out gen -I proto …` writes the latter anew. */
export const protoFolder: string = join(testFolder, "proto");
export const genFolder: string = join(testFolder, "gen");

/** All files below a folder with that ending, relative to it, sorted. */
export async function filesIn(folder: string, ending: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** The files below a folder with their content, by path. */
export async function contents(folder: string, ending: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const path of await filesIn(folder, ending)) found[path] = await readFile(join(folder, path), "utf8");
  return found;
}

/** A folder of its own for one test, removed at its end. */
export async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "protoc-gen-micro-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
