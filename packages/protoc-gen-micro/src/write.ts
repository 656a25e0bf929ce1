import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { GeneratedFile } from "./generate.ts";

/** Writes generated files below a folder; leaves those alone that are right already, for the sake of watchers. */
export async function writeFiles(folder: string, files: readonly GeneratedFile[]): Promise<void> {
  for (const { path, content } of await differing(folder, files)) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
}

/** The generated files that a folder has not, or has with other content. */
export async function differing(folder: string, files: readonly GeneratedFile[]): Promise<GeneratedFile[]> {
  const different: GeneratedFile[] = [];
  for (const file of files) {
    if ((await contentOf(join(folder, file.path))) !== file.content) different.push(file);
  }
  return different;
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (reason) {
    if (reason instanceof Error && "code" in reason && reason.code === "ENOENT") return undefined;
    throw reason;
  }
}
