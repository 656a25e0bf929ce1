import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startProcess } from "@micro/testbed";
import { makeBaseImage } from "./base-image.ts";
import { buildSecrets } from "./build-secrets.ts";
import { execResult, runBuild } from "./exec-result.ts";
import type { Container, ImageBuilder, ImageConfig } from "./image-builder.ts";
import { root } from "./programs.ts";

const run = promisify(execFile);

/** Runs buildah on storage of its own and gives what it wrote to standard output. */
export type Buildah = (args: readonly string[], options?: { timeoutMs?: number }) => Promise<string>;

/**
 * buildah, with its images in a temporary folder. It needs root and no daemon; containers have a file system and a user
 * of their own and share everything else with this machine.
 */
export async function buildahBuilder(): Promise<ImageBuilder> {
  const folder = await mkdtemp(join(tmpdir(), "micro-images-"));
  const scratch = join(folder, "tmp");
  await mkdir(scratch);
  const env = { ...process.env, TMPDIR: scratch };
  const options = ["--root", join(folder, "root"), "--runroot", join(folder, "run")];
  const driver = (await mounts("overlay")) ? "overlay" : "vfs";
  const flags = [...options, "--storage-driver", driver];
  const runBuildah = (args: readonly string[], timeoutMs = 300_000): Promise<{ stdout: string; stderr: string }> =>
    run("buildah", [...flags, ...args], { cwd: root, env, timeout: timeoutMs, maxBuffer: 2 ** 26 });
  const buildah: Buildah = async (args, { timeoutMs } = {}) => (await runBuildah(args, timeoutMs)).stdout;

  async function mounts(storage: string): Promise<boolean> {
    const probe = [
      "--root",
      join(folder, "probe"),
      "--runroot",
      join(folder, "probe-run"),
      "--storage-driver",
      storage,
    ];
    try {
      const { stdout } = await run("buildah", [...probe, "from", "scratch"], { env });
      await run("buildah", [...probe, "mount", stdout.trim()], { env });
      await run("buildah", [...probe, "rm", "--all"], { env });
      return true;
    } catch {
      return false; // this kernel or file system has none; vfs copies instead
    }
  }

  async function inspect(image: string): Promise<{ Docker: { config: ImageConfig }; Manifest: string }> {
    return JSON.parse(await buildah(["inspect", "--type", "image", image]));
  }

  const close = async (): Promise<void> => {
    await buildah(["rm", "--all"]);
    await rm(folder, { recursive: true, force: true });
  };

  try {
    await makeBaseImage(buildah, scratch);
  } catch (reason) {
    await close();
    throw reason;
  }
  return {
    name: `buildah on ${driver}`,
    async build(dockerfile, image) {
      // The steps that the Dockerfiles share run once. vfs copies everything for each step, which takes longer.
      const layers = `--layers=${driver === "overlay"}`;
      // Docker's format, because the other one has no health checks.
      const how = ["--isolation", "chroot", "--pull-never", "--format", "docker", layers];
      const args = [...how, ...(await buildSecrets()), "--file", dockerfile, "--tag", image, "."];
      await runBuild(dockerfile, runBuildah(["build", ...args]));
    },
    config: async (image) => (await inspect(image)).Docker.config,
    async size(image) {
      const { layers } = JSON.parse((await inspect(image)).Manifest) as { layers: { size: number }[] };
      return layers.reduce((sum, { size }) => sum + size, 0);
    },
    async start(image, args, variables) {
      const { Entrypoint, Cmd } = (await inspect(image)).Docker.config;
      const name = `micro-images-${randomUUID()}`;
      await buildah(["from", "--pull-never", "--name", name, image]);
      for (const [key, value] of Object.entries(variables)) await buildah(["config", "--env", `${key}=${value}`, name]);
      const inside = [...flags, "run", "--isolation", "chroot", name, "--"];
      const command = [...Entrypoint, ...(args.length > 0 ? args : (Cmd ?? []))];
      const process = await startProcess("buildah", [...inside, ...command], { name: image, env });
      return {
        process,
        exec: (other) => execResult(run("buildah", [...inside, ...other], { env })),
        stop: () => stop(process),
        [Symbol.asyncDispose]: async () => void (await stop(process)),
      };
    },
    close,
  };
}

// buildah does not hand signals on, it kills: the program itself is looked for, in the group that buildah leads.
async function stop(container: Container["process"]): Promise<Awaited<ReturnType<Container["stop"]>>> {
  if (container.running) {
    const { output } = await execResult(
      run("pgrep", ["--pgroup", String(container.pid), "--full", "^/usr/local/bin/node "]),
    );
    for (const pid of output.split("\n").filter(Boolean)) process.kill(Number(pid), "SIGTERM");
  }
  return container.exited;
}
