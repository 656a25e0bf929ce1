import { fileURLToPath } from "node:url";
import { type RunningProcess, spawnNode } from "@micro/testbed";
import { withoutMicro } from "./go-peer.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const files = {
  peer: "test/interop/dist/main.js",
  "user-srv": "services/user-srv/dist/main.js",
  "user-api": "services/user-api/dist/main.js",
} as const;

/** Starts one of our services as a program of its own and resolves when it is registered. */
export async function startOurs(
  program: keyof typeof files,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<RunningProcess> {
  const all = ["--server_address=127.0.0.1:0", ...args];
  const child = await spawnNode(`${root}${files[program]}`, all, { name: program, env: { ...withoutMicro(), ...env } });
  await child.waitForLine(/Registering node/);
  return child;
}

/** Our peer under a name. */
export function startOurPeer(name: string, args: readonly string[]): Promise<RunningProcess> {
  return startOurs("peer", args, { PEER_NAME: name });
}
