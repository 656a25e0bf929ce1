import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type RunningProcess, type StartProcessOptions, spawnNode } from "@micro/testbed";

const run = promisify(execFile);

/** The root of the repository. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

const package_ = `${root}packages/micro`;

/** The program as it is published: bundled. `bundleMicro` makes it. */
export const microFile: string = `${package_}/bundle/main.mjs`;

/** Bundles the program, so that no test meets an old one; once for all files of tests, unless something changed since. */
export async function bundleMicro(): Promise<void> {
  // The licences are written last, when everything else is there.
  const bundled = await modifiedAt(`${package_}/bundle/LICENSES.txt`);
  if (bundled > (await lastChange())) return;
  await run(process.execPath, [`${root}scripts/bundle.mjs`, "--splitting"], { cwd: package_ });
}

/** When the last of all that may go into the bundle was written: what packages are compiled to, and what bundles them. */
async function lastChange(): Promise<number> {
  const packages = await readdir(`${root}packages`);
  const compiled = packages.map((name) => `${root}packages/${name}/dist`).filter(existsSync);
  const folders = [`${package_}/src`, `${root}scripts`, ...compiled];
  const entries = await Promise.all(folders.map((at) => readdir(at, { recursive: true, withFileTypes: true })));
  const files = entries.flat().filter((entry) => entry.isFile());
  const paths = [...files.map((file) => join(file.parentPath, file.name)), `${root}pnpm-lock.yaml`];
  return Math.max(...(await Promise.all(paths.map(modifiedAt))));
}

/** In milliseconds; 0 for a file that is not there. */
async function modifiedAt(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0; // not there, which is older than anything
}

/** This process's environment without what would decide in place of a test's flags. */
export function clearedEnv(): Record<string, string | undefined> {
  const names = Object.keys(process.env).filter((name) => /^MICRO_|^(NO_COLOR|FORCE_COLOR)$/.test(name));
  return { ...process.env, ...Object.fromEntries(names.map((name) => [name, undefined])) };
}

/** What a command that has ended wrote, and its exit code. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `micro` to its end, with `input` as its standard input. */
export function micro(
  args: readonly string[],
  { env = {}, input = "", cwd }: { env?: Record<string, string>; input?: string; cwd?: string } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [microFile, ...args], {
      env: { ...clearedEnv(), ...env },
      ...(cwd !== undefined && { cwd }),
    });
    const texts = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      texts.out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      texts.err += text;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...texts }));
    // A command that does not read its input may end before it is written.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** Starts `micro` as a process that goes on. */
export function startMicro(args: readonly string[], options: StartProcessOptions = {}): Promise<RunningProcess> {
  return spawnNode(microFile, args, { name: `micro ${args[0]}`, ...options, env: { ...clearedEnv(), ...options.env } });
}

/** Starts the tests' own service under a name, and waits until the registry has it. */
export async function startGreeter(name: string, args: readonly string[]): Promise<RunningProcess> {
  const file = `${root}test/cli/dist/greeter.js`;
  const greeter = await spawnNode(file, [`--server_name=${name}`, ...args], { name, env: clearedEnv() });
  await greeter.waitForLine(/Registering node/, { timeoutMs: 30_000 });
  return greeter;
}
