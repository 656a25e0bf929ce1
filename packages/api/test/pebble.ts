import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { CloseStack } from "@micro/core";
import { freePort, startProcess, testCertificate, testKey, waitForPort } from "@micro/testbed";

const version = "v2.8.0";

const built = join(tmpdir(), `pebble-${version}`, "pebble");

/** Whether Pebble, Let's Encrypt's test authority, can be had: from PEBBLE, or built once with Go. */
export function hasPebble(): boolean {
  return Boolean(process.env.PEBBLE) || existsSync(built) || spawnSync("go", ["version"]).status === 0;
}

/** The program; builds it when it is not there, which may take minutes. */
function pebbleBinary(): string {
  if (process.env.PEBBLE) return process.env.PEBBLE;
  if (existsSync(built)) return built;
  const module = `github.com/letsencrypt/pebble/v2/cmd/pebble@${version}`;
  execFileSync("go", ["install", module], { env: { ...process.env, GOBIN: dirname(built) }, stdio: "ignore" });
  return built;
}

/** A running authority that asks for challenges at `httpPort`, or with TLS at `tlsPort`; its directory. */
export async function startPebble(open: CloseStack, httpPort: number, tlsPort?: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pebble-"));
  open.defer(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const file = (name: string) => join(folder, name);
  await writeFile(file("cert.pem"), testCertificate);
  await writeFile(file("key.pem"), testKey);
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${await freePort()}`,
    certificate: file("cert.pem"),
    privateKey: file("key.pem"),
    httpPort,
    tlsPort: tlsPort ?? (await freePort()),
    ocspResponderURL: "",
    externalAccountBindingRequired: false,
    profiles: { default: { description: "as Let's Encrypt has it", validityPeriod: 90 * 86_400 } },
  };
  await writeFile(file("config.json"), JSON.stringify({ pebble }));
  const running = await startProcess(pebbleBinary(), ["-config", file("config.json")], {
    env: { PEBBLE_VA_NOSLEEP: "1" },
  });
  open.defer(async () => {
    await running.stop();
  });
  await waitForPort(port);
  return `https://127.0.0.1:${port}/dir`;
}
