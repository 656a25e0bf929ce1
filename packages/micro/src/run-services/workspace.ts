import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Manifest } from "./projects.ts";

/** The folders of a workspace's packages, absolute; undefined when the folder is no workspace of npm, yarn or pnpm. */
export async function workspaceFolders(folder: string, manifest: Manifest | undefined): Promise<string[] | undefined> {
  const patterns = (await pnpmPatterns(folder)) ?? npmPatterns(manifest);
  if (!patterns) return undefined;
  const wanted = patterns.filter((pattern) => !pattern.startsWith("!"));
  const unwanted = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1));
  const left = new Set<string>();
  for (const pattern of unwanted) for (const each of await matching(folder, pattern)) left.add(each);
  const found = new Set<string>();
  for (const pattern of wanted)
    for (const each of await matching(folder, pattern)) if (!left.has(each)) found.add(each);
  return [...found];
}

function npmPatterns(manifest: Manifest | undefined): readonly string[] | undefined {
  const { workspaces } = manifest ?? {};
  return workspaces && ("packages" in workspaces ? workspaces.packages : (workspaces as readonly string[]));
}

/** The list under `packages:`, which is all of that file's YAML that matters here: one text a line. */
async function pnpmPatterns(folder: string): Promise<string[] | undefined> {
  const text = await readFile(join(folder, "pnpm-workspace.yaml"), "utf8").catch(() => undefined); // most have none
  const [, list] = /^packages:[ \t]*\r?\n((?:[ \t]*(?:-.*|#.*)?(?:\r?\n|$))*)/m.exec(text ?? "") ?? [];
  if (list === undefined) return undefined;
  return [...list.matchAll(/^[ \t]*-[ \t]*(?:"([^"]*)"|'([^']*)'|([^#\r\n]*))/gm)]
    .map(([, double, single, bare = ""]) => (double ?? single ?? bare).trim())
    .filter((pattern) => pattern !== "");
}

/** Folders that a pattern such as `packages/*` or `apps/**` stands for. */
async function matching(folder: string, pattern: string): Promise<string[]> {
  let at = [folder];
  for (const part of pattern.split("/").filter((each) => each !== "" && each !== ".")) {
    const next = at.map((each) => step(each, part));
    at = (await Promise.all(next)).flat();
  }
  return at;
}

async function step(folder: string, part: string): Promise<string[]> {
  if (!part.includes("*")) return [join(folder, part)];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []); // a pattern may stand for nothing
  const below = entries.filter((entry) => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name));
  if (part === "**") {
    const deeper = await Promise.all(below.map((entry) => step(join(folder, entry.name), part)));
    return [folder, ...deeper.flat()];
  }
  const name = new RegExp(`^${part.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
  return below.filter((entry) => name.test(entry.name)).map((entry) => join(folder, entry.name));
}
