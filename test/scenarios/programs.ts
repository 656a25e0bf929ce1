import { fileURLToPath } from "node:url";
import { type RunningProcess, spawnNode } from "@micro/testbed";

const root = fileURLToPath(new URL("../../", import.meta.url));

const files = {
  "user-srv": "services/user-srv/dist/main.js",
  "user-api": "services/user-api/dist/main.js",
  "user-client": "services/user-client/dist/main.js",
  micro: "packages/micro/bin/micro.js",
} as const;

/** Where one of the repository's programs begins. */
export function programFile(program: keyof typeof files): string {
  return `${root}${files[program]}`;
}

/**
 * Starts one of the repository's programs. Its own flags decide; `MICRO_*` variables of this process do not, but for
 * `MICRO_TEST_GRPC_ENGINE`, which puts all of them on that engine.
 */
export function startProgram(
  program: keyof typeof files,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<RunningProcess> {
  const inherited = Object.keys(process.env).filter((name) => name.startsWith("MICRO_"));
  const cleared = Object.fromEntries(inherited.map((name) => [name, undefined]));
  const engine = process.env.MICRO_TEST_GRPC_ENGINE;
  const chosen = engine ? { MICRO_GRPC_ENGINE: engine } : {};
  return spawnNode(programFile(program), args, { name: program, env: { ...cleared, ...chosen, ...env } });
}

/** Starts the gateway on `port` and waits until it listens. */
export async function startGateway(port: number, args: readonly string[] = []): Promise<RunningProcess> {
  const gateway = await startProgram("micro", ["api", "--handler=api", `--address=127.0.0.1:${port}`, ...args]);
  await gateway.waitForLine(/HTTP API .*Listening on/);
  return gateway;
}

/** The sample's answer, byte for byte. */
export const sampleAnswer = '{"id":"123","password":"dslhgfoif40u9b9","username":"huohuo"}';

/** The path that gives it. */
export const samplePath = "/user/say/hello?name=huohuo";
