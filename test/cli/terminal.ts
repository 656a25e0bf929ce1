import { spawn } from "node:child_process";
import { clearedEnv, microFile } from "./micro.ts";

/** A program on a terminal of its own, as a person meets it. */
export interface Terminal extends AsyncDisposable {
  /** Types keys. */
  type(keys: string): void;
  /** Waits until what was written since the last wait has this in it; gives that text, and what stood before it. */
  see(text: string | RegExp): Promise<string>;
  /** The exit code, once the program has ended. */
  readonly ended: Promise<number | null>;
  /** Everything written so far, control sequences and all. */
  screen(): string;
}

const patienceMs = 20_000;

/** Starts `micro` on a pseudo-terminal, made by `script` of util-linux. */
export function terminal(args: readonly string[], env: Readonly<Record<string, string>> = {}): Terminal {
  // Without exec a shell that stays (dash does, bash does not) meets Ctrl-C too, and the exit code is the shell's.
  const command = `exec ${[process.execPath, microFile, ...args].map(quoted).join(" ")}`;
  const child = spawn("script", ["-qfec", command, "/dev/null"], {
    env: { ...clearedEnv(), TERM: "xterm", COLUMNS: "120", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  let seen = 0;
  let look: () => void = () => undefined;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    look();
  });
  child.stdin.on("error", () => undefined); // it has ended; `ended` tells
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return {
    type: (keys) => void child.stdin.write(keys),
    see(wanted) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(
            new Error(
              `${JSON.stringify(String(wanted))} did not appear; there is:\n${JSON.stringify(text.slice(seen))}`,
            ),
          );
        }, patienceMs);
        look = () => {
          const rest = text.slice(seen);
          const found = typeof wanted === "string" ? rest.indexOf(wanted) : rest.search(wanted);
          if (found < 0) return;
          const length = typeof wanted === "string" ? wanted.length : (wanted.exec(rest)?.[0].length ?? 0);
          seen += found + length;
          look = () => undefined;
          clearTimeout(timer);
          resolve(rest.slice(0, found + length));
        };
        look();
      });
    },
    ended,
    screen: () => text,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
