// What vitest runs once, before the files of tests: two that run side by side would bundle the program under each other.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./micro.ts";

const run = promisify(execFile);
const folder = `${root}packages/micro`;

/** Bundles the program, unless nothing has changed since, so that no test meets an old one. */
export default async function bundleMicro(): Promise<void> {
  // The licences are written last, when everything else is there.
  const bundled = await modifiedAt(`${folder}/bundle/LICENSES.txt`);
  if (bundled > (await lastChange())) return;
  await run(process.execPath, [`${root}scripts/bundle.mjs`, "--splitting"], { cwd: folder });
}

/** When the last of all that may go into the bundle was written: what packages are compiled to, and what bundles them. */
async function lastChange(): Promise<number> {
  const packages = await readdir(`${root}packages`);
  const compiled = packages.map((name) => `${root}packages/${name}/dist`).filter(existsSync);
  const folders = [`${folder}/src`, `${root}scripts`, ...compiled];
  const entries = await Promise.all(folders.map((at) => readdir(at, { recursive: true, withFileTypes: true })));
  const files = entries.flat().filter((entry) => entry.isFile());
  const paths = [...files.map((file) => join(file.parentPath, file.name)), `${root}pnpm-lock.yaml`];
  return Math.max(...(await Promise.all(paths.map(modifiedAt))));
}

/** In milliseconds; 0 for a file that is not there. */
async function modifiedAt(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0; // not there, which is older than anything
}
