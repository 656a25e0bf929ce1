import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startLineWorker, type Worker } from "./process.ts";

const execute = promisify(execFile);
const folder = join(tmpdir(), `micro-bench-${process.getuid?.() ?? 0}`);
const modules = ["grpc", "micro"] as const;

/** Builds the Go programs, quickly when nothing changed. False, after one loud line, where that is not possible. */
export async function goProgramsBuilt(): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  const env = { ...process.env, GOBIN: folder, GOTOOLCHAIN: "local", GOFLAGS: "-buildvcs=false" };
  try {
    for (const module of modules) {
      const cwd = fileURLToPath(new URL(`../go/${module}`, import.meta.url));
      await execute("go", ["build", "-o", join(folder, module), "."], { cwd, env, timeout: 300_000 });
    }
    return true;
  } catch (reason) {
    process.stderr.write(`\nSKIPPED, NOT MEASURED: the Go programs of bench/go cannot be built: ${reason}\n`);
    return false;
  }
}

/** Starts one of them: `go grpc` or `go micro`. */
export function startGoWorker(stack: string, side: "server" | "client", core: number): Worker {
  return startLineWorker(join(folder, stack.slice("go ".length)), [side], core);
}
