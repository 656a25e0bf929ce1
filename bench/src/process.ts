import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

/** A child process that answers one message at a time. */
export interface Worker {
  ask<T>(message: object): Promise<T>;
  stop(): void;
}

/** Starts `file` (beside this one) on a core of its own where the machine can pin processes. */
export function startWorker(file: string, args: readonly string[], core: number): Worker {
  const child: ChildProcess = fork(fileURLToPath(new URL(file, import.meta.url)), [...args], { stdio: "inherit" });
  if (child.pid && cpus().length > 1) spawnSync("taskset", ["-cp", String(core % cpus().length), String(child.pid)]);
  return {
    ask: (message) =>
      new Promise((resolve, reject) => {
        const onExit = (code: number | null): void => reject(new Error(`${file} ended with ${code}`));
        child.once("exit", onExit);
        child.once("message", (answer) => {
          child.off("exit", onExit);
          resolve(answer as never);
        });
        child.send(message);
      }),
    stop: () => void child.kill(),
  };
}

/** The other end: runs `handle` for each message and sends back what it gives. */
export function answer(handle: (message: never) => Promise<object>): void {
  process.on("message", (message) => {
    handle(message as never).then(
      (result) => process.send?.(result),
      (reason: unknown) => {
        console.error(reason);
        process.exit(1);
      },
    );
  });
}
