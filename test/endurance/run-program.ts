import { fileURLToPath } from "node:url";
import { spawnNode } from "@micro/testbed";

const file = fileURLToPath(new URL("dist/main.js", import.meta.url));

/** Runs one of the programs, shorter than it runs by itself, and gives its report. */
export async function runProgram<T>(name: string, options: Readonly<Record<string, number>> = {}): Promise<T> {
  const args = Object.entries(options).map(([option, value]) => `--${option}=${value}`);
  await using child = await spawnNode(file, [name, ...args], {
    name,
    nodeArgs: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
  });
  const { code, signal } = await child.exited;
  if (code !== 0) throw new Error(`${name} ended with ${signal ?? code}:\n${child.output()}`);
  return JSON.parse(child.output()) as T;
}
