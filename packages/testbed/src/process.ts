import { spawn } from "node:child_process";
import { killWithUs } from "./reaper.ts";

export interface StartProcessOptions {
  /** What the process is called in messages. @default the command */
  name?: string;
  cwd?: string;
  /** Added to this process's environment; `undefined` takes a variable away. */
  env?: Readonly<Record<string, string | undefined>>;
}

/** How a process ended: one of the two is set. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child in a process group of its own, with everything it wrote. It never outlives this process. */
export interface RunningProcess extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process has ended and its output is read to the end. */
  readonly exited: Promise<Exit>;
  /** Whether it has not ended yet. */
  readonly running: boolean;
  /** What was written to stdout and stderr so far, mixed in the order it came; the last 4 MiB of it. */
  output(): string;
  /**
   * The first line, past or future, that `pattern` matches. Rejects with the output's tail when none comes within
   * `timeoutMs` (10 seconds unless given) or when the process ends first. `after` skips that many characters of output.
   */
  waitForLine(pattern: RegExp | string, options?: { timeoutMs?: number; after?: number }): Promise<string>;
  /** Sends a signal to the whole group; nothing happens once it has ended. */
  signal(name: NodeJS.Signals): void;
  /** Ends it as a power cut would. */
  kill9(): Promise<Exit>;
  /** Stops it without a word to its peers: connections stay open and silent. */
  freeze(): void;
  thaw(): void;
  /** SIGTERM, and SIGKILL after `graceMs` (5 seconds unless given). */
  stop(options?: { graceMs?: number }): Promise<Exit>;
}

const keptOutput = 4 * 1024 * 1024;

/** Starts a program. Rejects when it cannot be started at all. */
export async function startProcess(
  command: string,
  args: readonly string[] = [],
  options: StartProcessOptions = {},
): Promise<RunningProcess> {
  const name = options.name ?? command;
  const child = spawn(command, args, {
    detached: true, // leader of a group, so that signals reach its own children too
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (reason) => reject(new Error(`cannot start ${name}: ${reason.message}`, { cause: reason })));
  });
  const pid = child.pid ?? 0;
  const spare = killWithUs(pid);

  let text = "";
  let cut = 0; // characters dropped at the front
  let ended = false;
  const waiting = new Set<() => void>();
  const onData = (chunk: string): void => {
    text += chunk;
    if (text.length > keptOutput) {
      cut += text.length - keptOutput;
      text = text.slice(-keptOutput);
    }
    for (const look of waiting) look();
  };
  child.stdout.setEncoding("utf8").on("data", onData);
  child.stderr.setEncoding("utf8").on("data", onData);
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => {
      ended = true;
      signalGroup("SIGKILL"); // what it started and left behind
      spare();
      // A grandchild in another group may hold the pipes open for ever; the process itself is over.
      const giveUp = setTimeout(done, 1_000);
      child.once("close", done);
      function done(): void {
        clearTimeout(giveUp);
        resolve({ code, signal });
        for (const look of waiting) look();
      }
    });
  });

  function signalGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-pid, signal);
    } catch (reason) {
      if (!(reason instanceof Error && "code" in reason && reason.code === "ESRCH")) throw reason;
    }
  }
  const signal = (which: NodeJS.Signals): void => {
    if (!ended) signalGroup(which);
  };
  const tail = (): string => text.slice(-2_000).trim() || "(it wrote nothing)";

  const self: RunningProcess = {
    name,
    pid,
    exited,
    get running() {
      return !ended;
    },
    output: () => text,
    waitForLine(pattern, { timeoutMs = 10_000, after = 0 } = {}) {
      return new Promise((resolve, reject) => {
        const finish = (settle: () => void): void => {
          clearTimeout(timer);
          waiting.delete(look);
          settle();
        };
        const fail = (why: string): void =>
          finish(() => reject(new Error(`${name} ${why} without a line like ${pattern}; its last words:\n${tail()}`)));
        const look = (): void => {
          const lines = text.slice(Math.max(0, after - cut)).split("\n");
          if (!ended) lines.pop(); // may be half a line
          const line = lines.find((one) => (typeof pattern === "string" ? one.includes(pattern) : pattern.test(one)));
          if (line !== undefined) finish(() => resolve(line));
        };
        const timer = setTimeout(() => fail(`went on for ${timeoutMs} ms`), timeoutMs);
        waiting.add(look);
        look();
        void exited.then((exit) => {
          if (waiting.has(look)) fail(`ended (${exit.signal ?? `code ${exit.code}`})`);
        });
      });
    },
    signal,
    kill9() {
      signal("SIGKILL");
      return exited;
    },
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    async stop({ graceMs = 5_000 } = {}) {
      signal("SIGTERM");
      signal("SIGCONT"); // a frozen process would not see the first
      const force = setTimeout(() => signal("SIGKILL"), graceMs);
      try {
        return await exited;
      } finally {
        clearTimeout(force);
      }
    },
    [Symbol.asyncDispose]: async () => void (await self.stop()),
  };
  return self;
}

/** Starts a JavaScript file with this Node. */
export function spawnNode(
  file: string,
  args: readonly string[] = [],
  options: StartProcessOptions & { nodeArgs?: readonly string[] } = {},
): Promise<RunningProcess> {
  const { nodeArgs = [], ...rest } = options;
  return startProcess(process.execPath, [...nodeArgs, file, ...args], { name: file, ...rest });
}
