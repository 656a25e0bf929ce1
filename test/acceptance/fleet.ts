import { fileURLToPath } from "node:url";
import { type RunningProcess, spawnNode } from "@micro/testbed";

const root = fileURLToPath(new URL("../../", import.meta.url));
const files = { services: "test/acceptance/dist/main.js", micro: "packages/micro/bin/micro.js" } as const;

/** Programs of one test file, which it ends together. */
export interface Fleet {
  /** Services by their words in `src/main.ts`, in one process. Resolves when all are registered. */
  services(words: string, flags?: readonly string[]): Promise<RunningProcess>;
  /** `micro api`, and where it listens. `before` stands before the word `api`. */
  gateway(flags: readonly string[], options?: GatewayOptions): Promise<Gateway>;
  /** `micro api` to its end; what it printed and its exit code. */
  run(flags: readonly string[]): Promise<{ code: number | null; output: string }>;
  stop(): Promise<void>;
}

interface GatewayOptions {
  readonly before?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Gateway {
  readonly url: string;
  readonly process: RunningProcess;
}

/** A fleet on a registry, given as flags; services are named under `prefix`. */
export function fleetOn(registry: readonly string[], prefix = "go.micro"): Fleet {
  const running: RunningProcess[] = [];
  const node = (program: keyof typeof files, args: readonly string[], env: Readonly<Record<string, string>>) =>
    spawnNode(`${root}${files[program]}`, args, { name: program, env: { ...withoutMicro(), ...env } });
  const keep = (child: RunningProcess): RunningProcess => {
    running.push(child);
    return child;
  };
  return {
    async services(words, flags = []) {
      const child = keep(await node("services", [words, ...registry, ...flags], { ACCEPTANCE_PREFIX: prefix }));
      await child.waitForLine("all ready", { timeoutMs: 30_000 });
      return child;
    },
    async gateway(flags, { before = [], env = {} } = {}) {
      const fixed = ["--address=127.0.0.1:0", "--server_address=127.0.0.1:0", ...registry];
      const child = keep(await node("micro", [...before, "api", ...fixed, ...flags], env));
      const line = await child.waitForLine("HTTP API", { timeoutMs: 30_000 });
      return { url: `http://${/Listening on (\S+),/.exec(line)?.[1]}`, process: child };
    },
    async run(flags) {
      const child = keep(await node("micro", ["api", ...registry, ...flags], {}));
      const { code } = await child.exited;
      return { code, output: child.output() };
    },
    async stop() {
      await Promise.all(running.map((child) => child.stop()));
    },
  };
}

/** Flags decide, not variables of this process. */
function withoutMicro(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) => name.startsWith("MICRO_"));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
