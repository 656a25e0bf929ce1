import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import type { Readable } from "node:stream";

/** How a script ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A script of a project that runs, with all that it started. */
export interface Child {
  /** Resolves when the script and all that it started and that writes where it writes have ended. */
  readonly ended: Promise<ChildEnd>;
  /** Asks it to stop, and kills it after `timeoutMs`, or at once when `hurry` is aborted; tells whether that was necessary. */
  stop(timeoutMs: number, hurry: AbortSignal): Promise<"stopped" | "killed">;
}

export interface ScriptOptions {
  readonly folder: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onLine: (stream: "out" | "err", line: string) => void;
}

/** Starts a script as npm would, in a group of its own: Ctrl-C reaches us, and we pass it on in our own way. */
export function startScript(script: string, { folder, args = [], env, onLine }: ScriptOptions): Child {
  const command = [script, ...args.map(quoted)].join(" ");
  const child = spawn(command, {
    shell: true,
    cwd: folder,
    detached: hasGroups,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...env, PATH: [...binFolders(folder), env.PATH ?? ""].join(delimiter) },
  });
  eachLine(child.stdout, (line) => onLine("out", line));
  eachLine(child.stderr, (line) => onLine("err", line));
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once("error", (reason) => {
      onLine("err", `cannot be started: ${reason.message}`);
      resolve({ code: 127, signal: null });
    });
    child.once("close", (code, signal) => resolve({ code, signal }));
  });

  function send(signal: NodeJS.Signals): void {
    if (child.pid === undefined) return;
    try {
      if (hasGroups) process.kill(-child.pid, signal);
      else child.kill(signal);
    } catch (reason) {
      // All of it has ended meanwhile.
      if (!(reason instanceof Error && "code" in reason && reason.code === "ESRCH")) throw reason;
    }
  }

  return {
    ended,
    async stop(timeoutMs, hurry) {
      let killed = false;
      const kill = (): void => {
        killed = true;
        send("SIGKILL");
      };
      const timer = setTimeout(kill, timeoutMs);
      hurry.addEventListener("abort", kill, { once: true });
      send("SIGTERM");
      if (hurry.aborted) kill();
      await ended;
      clearTimeout(timer);
      hurry.removeEventListener("abort", kill);
      return killed ? "killed" : "stopped";
    },
  };
}

const hasGroups = process.platform !== "win32";

/** Where the tools that a project has installed stand, its own first. */
function binFolders(folder: string): string[] {
  const own = join(folder, "node_modules", ".bin");
  const parent = dirname(folder);
  return parent === folder ? [own] : [own, ...binFolders(parent)];
}

function quoted(word: string): string {
  return hasGroups ? `'${word.replaceAll("'", "'\\''")}'` : JSON.stringify(word);
}

function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line.replace(/\r$/, ""));
  });
  stream.once("end", () => rest !== "" && take(rest));
}
