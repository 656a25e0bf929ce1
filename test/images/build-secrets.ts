import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { tmpdir } from "node:os";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Flags that hand this machine's npm settings and its additional certificates to a build as secrets, so that the build
 * reaches the packages wherever this machine does.
 */
export async function buildSecrets(): Promise<string[]> {
  // Outside of the workspace, whose own settings npm would look for.
  const npm = async (key: string): Promise<string> =>
    (await run("npm", ["config", "get", key], { cwd: tmpdir() })).stdout.trim();
  const secrets = { npmrc: await npm("userconfig"), ca: process.env.NODE_EXTRA_CA_CERTS ?? (await npm("cafile")) };
  const flags: string[] = [];
  for (const [id, path] of Object.entries(secrets)) {
    if (await present(path)) flags.push("--secret", `id=${id},src=${path}`);
  }
  return flags;
}

async function present(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false; // npm names its file also when there is none, and says "null" for what is not set
  }
}
