import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { CommandFailure } from "../command.ts";
import { templatesFolder } from "../templates-folder.ts";
import { toolkitVersion } from "../version.ts";
import type { ProjectNames } from "./names.ts";

/** One file of a project; its path with `/`. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

/** The files of a new project, by path. */
export async function projectFiles(names: ProjectNames): Promise<readonly ProjectFile[]> {
  const words = replacements(names);
  const files = await Promise.all(["common", names.type].map((folder) => readTemplate(join(templatesFolder, folder))));
  return files
    .flat()
    .map(({ path, text }) => ({
      path: filled(path, words).replace(/(^|\/)_(?=\w+ignore$)/, "$1."),
      text: filled(text, words),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Writes them into a folder that does not exist yet. Throws a `CommandFailure` when it does, and leaves nothing behind
 * when writing fails.
 */
export async function writeProject(folder: string, files: readonly ProjectFile[]): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  try {
    await mkdir(folder);
  } catch (reason) {
    if (reason instanceof Error && "code" in reason && reason.code === "EEXIST")
      throw new CommandFailure(`${folder} already exists`, { cause: reason });
    throw reason;
  }
  try {
    for (const { path, text } of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  } catch (reason) {
    await rm(folder, { recursive: true, force: true });
    throw reason;
  }
}

// Words that are names in TypeScript and in files too, so that templates are code that tools can read.
function replacements(names: ProjectNames): Readonly<Record<string, string>> {
  return {
    __alias__: names.alias,
    __Alias__: names.pascal,
    __camel__: names.camel,
    __type__: names.type,
    __fqdn__: names.fqdn,
    __package__: names.protoPackage,
    __backend__: names.backend,
    __backendPackage__: names.backendPackage,
    __version__: toolkitVersion(),
  };
}

function filled(text: string, words: Readonly<Record<string, string>>): string {
  return text.replace(/__[A-Za-z]+?__/g, (word) => words[word] ?? word);
}

async function readTemplate(folder: string): Promise<ProjectFile[]> {
  let entries: string[];
  try {
    entries = await readdir(folder, { recursive: true });
  } catch (reason) {
    throw new CommandFailure(`the templates of micro new are not here: ${folder}; install the whole package micro`, {
      cause: reason,
    });
  }
  const read = entries.map(async (name): Promise<ProjectFile[]> => {
    const text = await textOf(join(folder, name));
    return text === undefined ? [] : [{ path: name.split(sep).join("/"), text }];
  });
  return (await Promise.all(read)).flat();
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (reason) {
    if (reason instanceof Error && "code" in reason && reason.code === "EISDIR") return undefined;
    throw reason;
  }
}
