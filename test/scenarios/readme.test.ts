import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { spawnNode } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

describe("the README's own service", () => {
  let folder: string;

  // Within the workspace, so that the packages are found as they would be in a project that installed them.
  beforeAll(() => {
    const parent = join(root, "services/user-srv/node_modules/.cache");
    mkdirSync(parent, { recursive: true });
    folder = mkdtempSync(join(parent, "readme-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("generates, type-checks and runs as it stands", async () => {
    const [proto] = blocks("proto");
    const [service, call] = blocks("ts");
    mkdirSync(join(folder, "proto"));
    mkdirSync(join(folder, "src"));
    writeFileSync(join(folder, "proto/greeter.proto"), proto ?? "");
    const generator = join(root, "packages/protoc-gen-micro/bin/protoc-gen-micro.js");
    execFileSync(process.execPath, [generator, "--out", "src/gen", "--proto_path", "proto", "proto/greeter.proto"], {
      cwd: folder,
    });
    // The call stands where a program would make it, after the service has started.
    const program = (service ?? "").replace("await service.run();", "await service.start();");
    writeFileSync(join(folder, "src/main.ts"), `${program}\n${call}\nconsole.log(msg);\nawait service.stop();\n`);
    const config = {
      extends: join(root, "tsconfig.base.json"),
      compilerOptions: { rootDir: "src", outDir: "dist" },
      include: ["src"],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", folder], { stdio: "pipe" });

    await using running = await spawnNode(join(folder, "dist/main.js"), ["--registry=memory"]);
    expect(await running.exited).toEqual({ code: 0, signal: null });
    expect(running.output()).toContain("Hello Ann");
  });

  function blocks(language: string): string[] {
    return [...readme.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))].map(([, text]) => text ?? "");
  }
});
