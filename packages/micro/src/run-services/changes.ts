import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { join, relative, sep } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Changes of files, seen one after another however many come at once. */
export interface Changes {
  /** Resolves with a file that changed since `take`, once nothing more has changed for a moment. */
  next(): Promise<string>;
  /** The change that `next` told of is dealt with. What comes from now on is another. */
  take(): void;
  close(): void;
}

// Editors and compilers write many files in a row.
const quietMs = 100;
// What builds write, and what is no source.
const ignored =
  /(^|[\\/])(node_modules|dist|build|bundle|gen|coverage|\.[^\\/]*)([\\/]|$)|(~|\.(log|tsbuildinfo|sw[px]|tmp))$/;

export interface WatchOptions {
  /** Only files whose names match matter. Then folders that are made later are watched too: what builds make there is none of them. */
  readonly only?: RegExp;
}

/** Watches folders and what is in them, but for what is built and installed there. `onTrouble` hears of a folder that cannot be watched. */
export function watchFolders(
  folders: readonly string[],
  onTrouble: (message: string) => void,
  { only }: WatchOptions = {},
): Changes {
  const watchers: FSWatcher[] = [];
  const watched = new Set<string>();
  let changed: string | undefined;
  let count = 0;
  let wake: () => void = () => undefined;

  function note(folder: string, name: string | null): void {
    if (name === null || ignored.test(name) || (only && !only.test(name))) return;
    changed = relative(process.cwd(), join(folder, name)) || name;
    count++;
    wake();
  }

  // A whole tree at once would mean a watch for each folder of node_modules, of which there are thousands.
  for (const folder of folders) {
    open(folder, false, folder);
    for (const entry of entriesOf(folder)) {
      if (entry.isDirectory() && !ignored.test(entry.name)) open(join(folder, entry.name), true, folder);
    }
  }

  /** A folder that is new in a watched one, with what is in it already. */
  function follow(folder: string, name: string): void {
    const path = join(folder, name);
    if (watched.has(path) || ignored.test(name) || !statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    open(path, true, folder);
    for (const file of readdirSync(path, { recursive: true, encoding: "utf8" })) note(folder, join(name, file));
  }

  function entriesOf(folder: string) {
    try {
      return readdirSync(folder, { withFileTypes: true });
    } catch (reason) {
      onTrouble(`cannot watch ${folder}: ${reason instanceof Error ? reason.message : reason}`);
      return [];
    }
  }

  function open(path: string, recursive: boolean, folder: string): void {
    const prefix = relative(folder, path);
    watched.add(path);
    try {
      const watcher = watch(path, { recursive }, (_kind, name) => {
        // Of the folder itself only files matter: what is in its folders has watches of its own.
        if (recursive || name === null || /\.\w+$/.test(name))
          note(folder, name === null ? null : [prefix, name].filter(Boolean).join(sep));
        if (only && !recursive && name !== null) follow(folder, name);
      });
      watcher.on("error", (reason) => onTrouble(`watching ${path} ended: ${reason.message}`));
      watchers.push(watcher);
    } catch (reason) {
      onTrouble(`cannot watch ${path}: ${reason instanceof Error ? reason.message : reason}`);
    }
  }

  // Whoever stopped waiting for one thing and then another meets the same change, however long it took.
  let waiting: Promise<string> | undefined;
  async function wait(): Promise<string> {
    if (changed === undefined)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    for (let seen = -1; seen !== count; ) {
      seen = count;
      await pause(quietMs);
    }
    return changed ?? "";
  }

  return {
    next() {
      waiting ??= wait();
      return waiting;
    },
    take() {
      changed = undefined;
      waiting = undefined;
    },
    close() {
      for (const watcher of watchers) watcher.close();
    },
  };
}
