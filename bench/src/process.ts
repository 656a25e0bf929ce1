import { type ChildProcess, fork, type Serializable, spawn, spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A child process that answers one message at a time. */
export interface Worker {
  ask<T>(message: object): Promise<T>;
  stop(): void;
}

/** Starts `file` (beside this one) on a core of its own where the machine can pin processes. */
export function startWorker(file: string, args: readonly string[], core: number): Worker {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, [...args], { stdio: "inherit", execArgv: ["--expose-gc"] });
  pin(child, core);
  return {
    ask: (message) =>
      nextAnswer(child, file, (onAnswer) => {
        child.once("message", onAnswer);
        child.send(message);
        return () => child.off("message", onAnswer);
      }),
    stop: () => void child.kill(),
  };
}

/** The same for a program in any language that reads a line of JSON, and writes one, for each message. */
export function startLineWorker(command: string, args: readonly string[], core: number): Worker {
  // As one core is all that a process of JavaScript uses, so be it here.
  const env = { ...process.env, GOMAXPROCS: "1" };
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], env });
  pin(child, core);
  const lines = createInterface({ input: child.stdout });
  return {
    ask: (message) =>
      nextAnswer(child, command, (onAnswer) => {
        const onLine = (line: string): void => onAnswer(JSON.parse(line) as Serializable);
        lines.once("line", onLine);
        child.stdin.write(`${JSON.stringify(message)}\n`);
        return () => lines.off("line", onLine);
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

function pin(child: ChildProcess, core: number): void {
  if (child.pid && cpus().length > 1) spawnSync("taskset", ["-acp", String(core % cpus().length), String(child.pid)]);
}

function nextAnswer<T>(
  child: ChildProcess,
  name: string,
  listen: (onAnswer: (answer: Serializable) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => {
      stopListening();
      reject(new Error(`${name} ended with ${code}`));
    };
    child.once("exit", onExit);
    const stopListening = listen((answer) => {
      child.off("exit", onExit);
      resolve(answer as never);
    });
  });
}
