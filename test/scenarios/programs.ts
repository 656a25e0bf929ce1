import { fileURLToPath } from "node:url";
import { type RunningProcess, spawnNode } from "@micro/testbed";

const root = fileURLToPath(new URL("../../", import.meta.url));

const files = {
  "user-srv": "services/user-srv/dist/main.js",
  "user-api": "services/user-api/dist/main.js",
  "user-client": "services/user-client/dist/main.js",
  micro: "packages/micro/bin/micro.js",
} as const;

/** Starts one of the repository's programs. Its own flags decide; `MICRO_*` variables of this process do not. */
export function startProgram(
  program: keyof typeof files,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<RunningProcess> {
  const inherited = Object.keys(process.env).filter((name) => name.startsWith("MICRO_"));
  const cleared = Object.fromEntries(inherited.map((name) => [name, undefined]));
  return spawnNode(`${root}${files[program]}`, args, { name: program, env: { ...cleared, ...env } });
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
