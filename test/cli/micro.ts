import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type RunningProcess, type StartProcessOptions, spawnNode } from "@micro/testbed";

/** The root of the repository. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** The program as it is published: bundled, which `bundle.ts` does before any file of tests runs. */
export const microFile: string = `${root}packages/micro/bundle/main.mjs`;

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
