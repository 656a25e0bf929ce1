import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { startProcess } from "@micro/testbed";
import { buildSecrets } from "./build-secrets.ts";
import { execResult, runBuild } from "./exec-result.ts";
import type { Container, ImageBuilder, ImageConfig } from "./image-builder.ts";
import { root } from "./programs.ts";

const run = promisify(execFile);

/** Docker, through its command line. */
export function dockerBuilder(): ImageBuilder {
  const built: string[] = [];

  async function inspect(image: string): Promise<{ Config: ImageConfig; Size: number }> {
    const { stdout } = await run("docker", ["image", "inspect", image]);
    return JSON.parse(stdout)[0];
  }

  return {
    name: "docker",
    async build(dockerfile, image) {
      // This machine's network, as for the packages' settings: what is reached from here is reached from the build.
      const how = ["--network", "host", ...(await buildSecrets())];
      const args = ["build", ...how, "--file", dockerfile, "--tag", image, "."];
      const env = { ...process.env, DOCKER_BUILDKIT: "1" }; // secrets are BuildKit's
      await runBuild(dockerfile, run("docker", args, { cwd: root, env, maxBuffer: 2 ** 26 }));
      built.push(image);
    },
    config: async (image) => (await inspect(image)).Config,
    size: async (image) => (await inspect(image)).Size,
    start: (image, args, env) => startContainer(image, args, env),
    async close() {
      if (built.length > 0) await run("docker", ["image", "rm", "--force", ...built]);
    },
  };
}

async function startContainer(
  image: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Container> {
  const name = `micro-images-${randomUUID()}`;
  const variables = Object.entries(env).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
  const options = ["--rm", "--network", "host", "--name", name, ...variables];
  const process = await startProcess("docker", ["run", ...options, image, ...args], { name: image });
  const stop: Container["stop"] = async () => {
    if (process.running) await run("docker", ["stop", "--time", "20", name]);
    return process.exited;
  };
  return {
    process,
    exec: (command) => execResult(run("docker", ["exec", name, ...command])),
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}
