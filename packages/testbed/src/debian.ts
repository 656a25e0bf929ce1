import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { inPath } from "./in-path.ts";
import { underLock } from "./lock.ts";

const run = promisify(execFile);

/** A server that tests need. */
export interface RequiredServer {
  /** How people call it. */
  readonly name: string;
  /** Debian packages that bring it. */
  readonly packages: readonly string[];
  /** Programs that are enough when they are in PATH, however they came there. */
  readonly commands?: readonly string[];
}

/**
 * Whether the server is there, after installing it where that is possible. Otherwise writes one loud line, for the
 * suite to skip itself with `describe.skipIf(!available)`; under `CI=true` a skip is a failure and this throws.
 */
export async function requireServer(server: RequiredServer): Promise<boolean> {
  const reason = await ensureDebian(server.packages, server.commands ? { commands: server.commands } : {});
  if (reason === undefined) return true;
  const line = `SKIPPED, NOT TESTED: ${server.name} is missing: ${reason}`;
  if (process.env.CI === "true") throw new Error(`${line} (CI=true makes this a failure)`);
  process.stderr.write(`\n${line}\n`);
  return false;
}

/**
 * Makes sure that Debian packages are installed, by `apt-get` when they are not; the answer is the reason why that
 * could not be done, or undefined. Processes that do this at once wait for each other.
 */
export async function ensureDebian(
  packages: readonly string[],
  { commands = [] }: { commands?: readonly string[] } = {},
): Promise<string | undefined> {
  if (commands.length > 0 && (await Promise.all(commands.map(inPath))).every(Boolean)) return undefined;
  if (await installed(packages)) return undefined;
  if (!(await inPath("apt-get"))) return `no apt-get here to install ${packages.join(" ")}`;
  if (process.getuid?.() !== 0) return `installing ${packages.join(" ")} takes root`;
  try {
    await underLock(join(tmpdir(), "micro-testbed-apt.lock"), ["sh", "-c", installScript, "sh", ...packages], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      timeoutMs: 300_000,
    });
    return undefined;
  } catch (reason) {
    const stderr = reason instanceof Error && "stderr" in reason ? String(reason.stderr).trim() : "";
    return `apt-get install ${packages.join(" ")} failed: ${stderr.split("\n").at(-1) || String(reason)}`;
  }
}

// Looks again under the lock, since another process may have installed them meanwhile. The policy file keeps Debian
// from starting the servers, which would then sit on their usual ports until the next boot.
const installScript = `
dpkg -s "$@" >/dev/null 2>&1 && exit 0
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\\nexit 101\\n' > "$policy" && chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt="apt-get -qq -o DPkg::Lock::Timeout=240"
$apt install --no-install-recommends "$@" || { $apt update && $apt install --no-install-recommends "$@"; }
`;

async function installed(packages: readonly string[]): Promise<boolean> {
  try {
    await run("dpkg", ["-s", ...packages]);
    return true;
  } catch {
    return false; // not all are installed, or this is no Debian
  }
}
