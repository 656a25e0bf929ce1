import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Flag, formatDuration, serviceFlags } from "@micro/core";
import { type RunningProcess, spawnNode } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docs, flagRows, readPages } from "./pages.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = readPages();
const deadlineMs = 20_000;

describe("the documentation", () => {
  let folder: string;

  // Within this package, so that the packages are found as they would be in a project that installed them.
  beforeAll(() => {
    const parent = join(root, "test/docs/node_modules/.cache");
    mkdirSync(parent, { recursive: true });
    folder = mkdtempSync(join(parent, "docs-"));
    mkdirSync(join(folder, "src"));
    const generator = join(root, "packages/protoc-gen-micro/bin/protoc-gen-micro.js");
    execFileSync(process.execPath, [generator, "--out", "src/gen", "--proto_path", docs, join(docs, "greeter.proto")], {
      cwd: folder,
    });
    for (const { name, program } of pages) writeFileSync(join(folder, `src/${name}.ts`), program);
    const config = {
      extends: join(root, "tsconfig.base.json"),
      compilerOptions: { rootDir: "src", outDir: "dist", types: ["node"] },
      include: ["src"],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const { status, output } = typeCheck();
    if (status !== 0) throw new Error(`the programs of the pages do not type-check:\n${output}`);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.for(pages.map(({ name }) => name))("%s.md has a program that writes what the page says", async (name) => {
    const page = pages.find((each) => each.name === name);
    await using running = await spawnNode(join(folder, `dist/${name}.js`), ["--registry=memory", "--log_level=error"], {
      env: withoutMicroVariables(),
    });
    expect(await exitOf(running)).toEqual({ code: 0, signal: null });
    expect(running.output()).toBe(page?.output);
  });

  it("names every page in the index", () => {
    const index = readFileSync(join(docs, "README.md"), "utf8");
    const linked = [...index.matchAll(/\]\(([\w-]+)\.md\)/g)].map(([, name]) => name);
    expect(linked.sort()).toEqual(pages.map(({ name }) => name).sort());
  });

  it("lists every flag of a service with its variable and default", () => {
    const flags: readonly Flag[] = serviceFlags;
    const expected = flags.map((flag) => [
      flag.name,
      flag.env,
      flag.ignored ? expect.stringMatching(/\w/) : defaultOf(flag),
    ]);
    expect(flagRows("service")).toEqual(expected);
  });

  function typeCheck(): { status: number; output: string } {
    try {
      execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", folder], { stdio: "pipe", encoding: "utf8" });
      return { status: 0, output: "" };
    } catch (reason) {
      const { status, stdout } = reason as { status?: number; stdout?: string };
      if (status === undefined) throw reason;
      return { status, output: stdout ?? "" };
    }
  }
});

/** How the program ended. Rejects with what it wrote when it does not end by itself. */
async function exitOf(running: RunningProcess) {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const message = (): string =>
      `${running.name} has not ended after ${deadlineMs} ms; it wrote:\n${running.output()}`;
    timer = setTimeout(() => reject(new Error(message())), deadlineMs);
  });
  try {
    return await Promise.race([running.exited, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Takes away what this machine's own services are told. */
function withoutMicroVariables(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) => name.startsWith("MICRO_"));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

function defaultOf({ type, default: value }: Flag): string {
  if (value === undefined) return "";
  return type === "duration" ? formatDuration(value as number) : String(value);
}
