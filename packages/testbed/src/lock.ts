import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { inPath } from "./in-path.ts";

const run = promisify(execFile);

/** Where `underLock` runs a program, and for how long. */
export interface LockedRun {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Waiting for the lock counts. @default as long as it takes */
  readonly timeoutMs?: number;
}

/**
 * Runs a program while nobody else runs one under the same lock, a file that is made when it is not there: what files of
 * tests share, one of them makes, and the others find it made. Resolves when it has ended with 0, and rejects as
 * `execFile` does. Where there is no `flock`, which is outside of Linux, nobody waits.
 */
export async function underLock(
  lock: string,
  command: readonly [string, ...string[]],
  { timeoutMs = 0, ...options }: LockedRun = {},
): Promise<void> {
  const [file, ...args] = (await inPath("flock")) ? (["flock", lock, ...command] as const) : command;
  await run(file, args, { ...options, timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024 });
}
