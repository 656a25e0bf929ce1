import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type RunningProcess, spawnNode } from "@micro/testbed";
import { clearedEnv, type Program, root } from "./programs.ts";

const run = promisify(execFile);

/** A bundle in a folder of its own, out of reach of any node_modules. */
export interface Bundle extends AsyncDisposable {
  readonly folder: string;
  /** Starts it there with Node and nothing else. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<RunningProcess>;
}

/** Bundles a program whose packages are built. Rejects with what the script wrote when it fails. */
export async function bundle({ name, folder: source }: Program, entry?: string): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), `micro-bundle-${name}-`));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const script = join(root, "scripts/bundle.mjs");
    const args = [script, "--outdir", folder, ...(entry === undefined ? [] : [entry])];
    await run(process.execPath, args, { cwd: join(root, source) });
  } catch (reason) {
    await remove();
    throw reason;
  }
  return {
    folder,
    start: (args, env = {}) =>
      spawnNode("main.mjs", args, { name, cwd: folder, env: { ...clearedEnv(), NODE_PATH: undefined, ...env } }),
    [Symbol.asyncDispose]: remove,
  };
}
