import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { ConfigError } from "@micro/core";
import { workspaceFolders } from "./workspace.ts";

/** A folder with something to run in it. */
export interface Project {
  /** The package's name without its scope. */
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** The script that starts it. */
  readonly start: string;
  /** The script that builds it, where there is one. */
  readonly build: string | undefined;
}

/** The parts of a package.json that matter here. */
export interface Manifest {
  readonly name?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly workspaces?: readonly string[] | { readonly packages?: readonly string[] };
}

/**
 * What there is to run in these folders: each a project, a workspace, or a folder of projects. By name, each folder once.
 * Throws a `ConfigError` when there is nothing, or nothing of a name in `only`.
 */
export async function findProjects(
  folders: readonly string[],
  only: readonly string[] | undefined,
): Promise<Project[]> {
  const found = await Promise.all(folders.map((folder) => projectsIn(resolve(folder))));
  const byFolder = new Map(found.flat().map((project) => [project.folder, project]));
  const all = [...byFolder.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (all.length === 0)
    throw new ConfigError(
      `nothing to run in ${folders.join(", ")}: no package.json with a script start, there or in a folder below`,
    );
  const unknown = only?.find((name) => !all.some((project) => project.name === name));
  if (unknown !== undefined)
    throw new ConfigError(
      `--only: nothing here is called ${unknown}; there are ${all.map(({ name }) => name).join(", ")}`,
    );
  return only ? all.filter(({ name }) => only.includes(name)) : all;
}

async function projectsIn(folder: string): Promise<Project[]> {
  const manifest = await readManifest(folder);
  const members = await workspaceFolders(folder, manifest);
  if (members) return present(await Promise.all(members.map(projectAt)));
  if (manifest) return present([projectOf(folder, manifest)]);
  const entries = await readdir(folder, { withFileTypes: true }).catch((reason: unknown) => {
    throw new ConfigError(
      `cannot look for services in ${folder}: ${reason instanceof Error ? reason.message : reason}`,
    );
  });
  const below = entries.filter((entry) => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name));
  return present(await Promise.all(below.map((entry) => projectAt(join(folder, entry.name)))));
}

async function projectAt(folder: string): Promise<Project | undefined> {
  const manifest = await readManifest(folder);
  return manifest && projectOf(folder, manifest);
}

function projectOf(folder: string, { name = basename(folder), scripts = {} }: Manifest): Project | undefined {
  if (scripts.start === undefined) return undefined;
  return { name: name.replace(/^@[^/]+\//, ""), folder, start: scripts.start, build: scripts.build };
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  const path = join(folder, "package.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (reason) {
    if (reason instanceof Error && "code" in reason && (reason.code === "ENOENT" || reason.code === "ENOTDIR"))
      return undefined;
    throw reason;
  }
  try {
    return JSON.parse(text) as Manifest;
  } catch (reason) {
    throw new ConfigError(`${path} is no JSON: ${reason instanceof Error ? reason.message : reason}`);
  }
}

function present(projects: readonly (Project | undefined)[]): Project[] {
  return projects.filter((project) => project !== undefined);
}
