import { appendFile, chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Lines that are kept from one run of the shell to the next. */
export interface History {
  /** The last of them, newest first. */
  readonly lines: readonly string[];
  /** Keeps a line. One that begins with a blank is not kept, nor one that repeats the last. */
  add(line: string): Promise<void>;
}

/** How many lines are kept. */
export const keptLines = 1_000;

/** Where they are kept: `MICRO_HISTORY`, else the folder that the desktop rules give to such files; undefined when the variable is set to nothing. */
export function historyFile(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env.MICRO_HISTORY !== undefined) return env.MICRO_HISTORY || undefined;
  return join(env.XDG_STATE_HOME || join(homedir(), ".local/state"), "micro/history");
}

/**
 * Opens the file, or begins one that only its owner can read: what people type may hold secrets. A file that cannot be used
 * is told to `warn` once and the lines live as long as the process.
 */
export async function openHistory(file: string | undefined, warn: (message: string) => void): Promise<History> {
  if (file === undefined) return { lines: [], add: async () => undefined };
  let usable = true;
  const guarded = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    if (!usable) return otherwise;
    try {
      return await work();
    } catch (reason) {
      usable = false;
      warn(`history is not kept: ${reason instanceof Error ? reason.message : String(reason)}`);
      return otherwise;
    }
  };
  const lines = await guarded(() => readLines(file), []);
  let last = lines.at(-1);
  return {
    lines: lines.toReversed(),
    async add(line) {
      if (line === last || line.trim() === "" || /^\s/.test(line)) return;
      last = line;
      await guarded(() => appendFile(file, `${line}\n`, { mode: 0o600 }), undefined);
    },
  };
}

async function readLines(file: string): Promise<string[]> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await appendFile(file, "", { mode: 0o600 });
  // It may be there already with a wider mode.
  await chmod(file, 0o600);
  const all = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
  const kept = all.slice(-keptLines);
  if (all.length > 2 * keptLines) await writeFile(file, `${kept.join("\n")}\n`, { mode: 0o600 });
  return kept;
}
