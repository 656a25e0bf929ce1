import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Exit, type RunningProcess, requireServer } from "@micro/testbed";
import { buildahBuilder } from "./buildah-builder.ts";
import { dockerBuilder } from "./docker-builder.ts";

const run = promisify(execFile);

/** What the Dockerfiles start from. */
export const baseImage = "docker.io/library/node:22-bookworm-slim";

/** What an image says about itself, in Docker's words. */
export interface ImageConfig {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[] | null;
  readonly StopSignal: string;
  readonly Healthcheck: { readonly Test: readonly string[] };
  readonly Env: readonly string[];
}

/** A running container, on this machine's network. */
export interface Container extends AsyncDisposable {
  /** The program's output and end. */
  readonly process: RunningProcess;
  /** Runs another command beside the program, as the image's user, and gives its exit code and what it wrote. */
  exec(command: readonly string[]): Promise<{ code: number; output: string }>;
  /** Sends the program the image's stop signal and waits for its end. */
  stop(): Promise<Exit>;
}

/** Builds images from the repository and runs them. */
export interface ImageBuilder {
  readonly name: string;
  build(dockerfile: string, image: string): Promise<void>;
  config(image: string): Promise<ImageConfig>;
  /** Bytes of all layers, unpacked. */
  size(image: string): Promise<number>;
  start(image: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Container>;
  /** Removes what was built. */
  close(): Promise<void>;
}

/**
 * The builder that this machine has: Docker when its daemon answers, else buildah, which is installed where that is
 * possible. Without any, writes one loud line and gives undefined; under `CI=true` that is a failure and this throws.
 */
export async function imageBuilder(): Promise<ImageBuilder | undefined> {
  if (await dockerAnswers()) return dockerBuilder();
  const tools = ["buildah", "debootstrap"];
  const name = "an image builder (Docker with its daemon, or buildah)";
  if (!(await requireServer({ name, packages: tools, commands: tools }))) return undefined;
  try {
    return await buildahBuilder();
  } catch (reason) {
    const why = String(reason)
      .trim()
      .replace(/\s*\n\s*/g, ": ");
    const line = `SKIPPED, NOT TESTED: images, for want of ${baseImage}: ${why}`;
    if (process.env.CI === "true") throw new Error(`${line} (CI=true makes this a failure)`, { cause: reason });
    process.stderr.write(`\n${line}\n`);
    return undefined;
  }
}

async function dockerAnswers(): Promise<boolean> {
  try {
    await run("docker", ["version", "--format", "{{.Server.Version}}"], { timeout: 20_000 });
    return true;
  } catch {
    return false; // no docker, or nobody behind it
  }
}
