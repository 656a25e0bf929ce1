import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { clearedEnv, root } from "./micro.ts";

const run = promisify(execFile);

const packages = ["@micro/core", "@micro/http2", "@micro/registry-etcd", "create-micro", "micro"];

/** The packages of this workspace as they would be published. */
export interface PackedPackages extends AsyncDisposable {
  /** `file:` and the tarball, by the package's name. */
  readonly files: Readonly<Record<string, string>>;
}

/** Packs what the templates need, and bundles the program on the way. The packages must be built. Leaves nothing behind when one cannot be packed. */
export async function packPackages(): Promise<PackedPackages> {
  const { packageManager } = JSON.parse(await readFile(`${root}package.json`, "utf8"));
  const out = await mkdtemp(join(tmpdir(), "micro-packed-"));
  const remove = (): Promise<void> => rm(out, { recursive: true, force: true });
  const filters = packages.flatMap((name) => ["--filter", name]);
  try {
    await run("npx", ["--yes", packageManager, ...filters, "pack", "--pack-destination", out], {
      cwd: root,
      env: clearedEnv(),
    });
    return { files: tarballs(out, await readdir(out)), [Symbol.asyncDispose]: remove };
  } catch (reason) {
    await remove();
    throw reason;
  }
}

/** `@micro/core` is `micro-core-0.1.0.tgz`. */
function tarballs(folder: string, files: readonly string[]): Record<string, string> {
  const entries = packages.map((name) => {
    const start = `${name.replace("@", "").replace("/", "-")}-`;
    const tarball = files.find((file) => file.startsWith(start) && /^\d/.test(file.slice(start.length)));
    if (tarball === undefined) throw new Error(`packing ${name} wrote no file into ${folder}`);
    return [name, `file:${join(folder, tarball)}`];
  });
  return Object.fromEntries(entries);
}

/** Makes a project take these packages from their tarballs, also where another package asks for them. */
export async function usePacked(project: string, { files }: PackedPackages): Promise<void> {
  const path = join(project, "package.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  const own = (dependencies: Record<string, string> = {}): Record<string, string> =>
    Object.fromEntries(Object.entries(dependencies).map(([name, range]) => [name, files[name] ?? range]));
  const dependencies = own(manifest.dependencies);
  const devDependencies = own(manifest.devDependencies);
  const direct = { ...dependencies, ...devDependencies };
  // npm wants an override of what is a dependency too to say the same in npm's words.
  const overrides = Object.fromEntries(
    Object.keys(files).map((name) => [name, name in direct ? `$${name}` : files[name]]),
  );
  await writeFile(path, JSON.stringify({ ...manifest, dependencies, devDependencies, overrides }, null, 2));
}

/** Runs npm in a project; rejects with what it wrote when it fails. */
export async function npm(project: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await run("npm", args, { cwd: project, env: clearedEnv(), maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (reason) {
    const { stdout = "", stderr = "" } = reason as { stdout?: string; stderr?: string };
    throw new Error(`npm ${args.join(" ")} failed in ${project}:\n${stdout}\n${stderr}`, { cause: reason });
  }
}

/**
 * Installs what a project asks for. What another project has installed is taken along first, for most of it is the same and npm
 * takes out the rest: unpacking the compiler is what an installation takes longest for.
 */
export async function install(project: string, like?: string): Promise<void> {
  if (like !== undefined) {
    const modules = join(project, "node_modules");
    await run("cp", ["-al", join(like, "node_modules"), modules]);
    // npm writes into this one, which would change it there too.
    const lock = join(modules, ".package-lock.json");
    await rm(lock);
    await copyFile(join(like, "node_modules/.package-lock.json"), lock);
  }
  await npm(project, "install", "--prefer-offline", "--no-audit", "--no-fund");
}
