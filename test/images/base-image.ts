import { execFile } from "node:child_process";
import { access, appendFile, chown, cp, mkdir, rename, rm, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Buildah } from "./buildah-builder.ts";
import { baseImage } from "./image-builder.ts";

const run = promisify(execFile);

// What the official image has at the time of writing.
const nodeVersion = "22.23.3";
const npmVersion = "10.9.9";

/**
 * Brings the image that the Dockerfiles start from into buildah's storage: from this machine's cache, else from the
 * registry of images, else made of Debian's packages and Node's binary from npm, and cached.
 */
export async function makeBaseImage(buildah: Buildah, scratch: string): Promise<void> {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const archive = join(cache, "micro-images", `node-${nodeVersion}-${process.arch}.tar`);
  if (await present(archive)) {
    await buildah(["pull", "--quiet", `docker-archive:${archive}`]);
    return;
  }
  try {
    await buildah(["pull", "--quiet", baseImage], { timeoutMs: 180_000 });
    return;
  } catch (reason) {
    process.stderr.write(`${baseImage} cannot be pulled (${lastLine(reason)}); making it\n`);
  }
  await assemble(buildah, scratch);
  // Under its name at once, never half of it.
  const half = `${archive}.${process.pid}`;
  await mkdir(dirname(archive), { recursive: true });
  await buildah(["push", "--quiet", baseImage, `docker-archive:${half}:${baseImage}`]);
  await rename(half, archive);
}

/** Debian's smallest system, Node and npm where the official image has them, and its user. */
async function assemble(buildah: Buildah, scratch: string): Promise<void> {
  const system = join(scratch, "system");
  const nodePackage = `node-linux-${process.arch}`;
  await run("debootstrap", ["--variant=minbase", "bookworm", system], { timeout: 300_000, maxBuffer: 2 ** 26 });
  const packages = join(scratch, "packages");
  const wanted = [`${nodePackage}@${nodeVersion}`, `npm@${npmVersion}`];
  await run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", packages, ...wanted], {
    cwd: scratch,
  });

  for (const leftover of ["var/cache/apt", "var/lib/apt/lists"]) await rm(join(system, leftover), { recursive: true });
  const local = join(system, "usr/local");
  await mkdir(join(local, "lib/node_modules"), { recursive: true });
  await cp(join(packages, "node_modules", nodePackage, "bin/node"), join(local, "bin/node"));
  await cp(join(packages, "node_modules/npm"), join(local, "lib/node_modules/npm"), {
    recursive: true,
    verbatimSymlinks: true,
  });
  for (const name of ["npm", "npx"])
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, "bin", name));
  await appendFile(join(system, "etc/passwd"), "node:x:1000:1000::/home/node:/bin/bash\n");
  await appendFile(join(system, "etc/group"), "node:x:1000:\n");
  await mkdir(join(system, "home/node"));
  await chown(join(system, "home/node"), 1000, 1000);

  const container = (await buildah(["from", "scratch"])).trim();
  await buildah(["add", "--quiet", container, system, "/"]);
  const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  await buildah(["config", "--env", `PATH=${path}`, "--cmd", '["node"]', container]);
  await buildah(["commit", "--quiet", "--rm", "--format", "docker", container, baseImage]);
  await rm(system, { recursive: true });
  await rm(packages, { recursive: true });
}

async function present(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false; // made below
  }
}

function lastLine(reason: unknown): string {
  const stderr = reason instanceof Error && "stderr" in reason ? String(reason.stderr) : String(reason);
  return stderr.trim().split("\n").at(-1) ?? "";
}
