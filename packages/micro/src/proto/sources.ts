import { readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { ConfigError } from "@micro/core";

/** What is generated from, and where its imports are looked for. */
export interface ProtoSources {
  /** Paths as a person would type them, sorted within a folder. */
  readonly files: readonly string[];
  readonly protoPaths: readonly string[];
}

// Where `micro new` puts proto files.
const usual = "proto";

/**
 * The .proto files that the words behind `micro proto` stand for. Reads folders anew each time, since files come and go while
 * they are watched. Throws a `ConfigError` for what is not there.
 */
export async function protoSources(given: readonly string[], paths?: readonly string[]): Promise<ProtoSources> {
  const hasUsual = await isFolder(usual);
  if (given.length === 0 && !hasUsual)
    throw new ConfigError(`there is no folder ${usual} here; expected such as: micro proto api/user.proto`);
  const words = given.length > 0 ? given : [usual];
  const files: string[] = [];
  const folders: string[] = [];
  for (const word of words) {
    if (!(await isFolder(word))) {
      files.push(word);
      continue;
    }
    const found = await protoFilesIn(word);
    if (found.length === 0) throw new ConfigError(`there is no .proto file in ${word}`);
    folders.push(word);
    files.push(...found);
  }
  const protoPaths = paths ?? [...(hasUsual ? [usual] : []), ...folders, "."];
  return { files: unique(files), protoPaths: unique(protoPaths) };
}

async function protoFilesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    // Packages may bring proto files of their own, which are theirs to generate.
    if (entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."))
      found.push(...(await protoFilesIn(path)));
    else if (entry.name.endsWith(".proto") && !entry.isDirectory()) found.push(path);
  }
  return found.sort();
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch((reason: NodeJS.ErrnoException) => {
    if (reason.code === "ENOENT" || reason.code === "ENOTDIR") return undefined;
    throw reason;
  });
  return found?.isDirectory() ?? false;
}

/** Each place once, however it is written. */
function unique(paths: readonly string[]): string[] {
  return [...new Map(paths.map((path) => [resolve(path), path])).values()];
}

/** Where the file stands that is imported under a name: its path from here, as terminals make it a link. */
export async function fileOf(name: string, protoPaths: readonly string[]): Promise<string | undefined> {
  for (const folder of protoPaths) {
    const path = join(folder, name);
    const there = await stat(path).then(
      (found) => found.isFile(),
      () => false, // looked for in the next one, as the compiler does
    );
    if (there) return relative(process.cwd(), resolve(path)) || path;
  }
  return undefined;
}
