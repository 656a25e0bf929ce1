import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { testFolder } from "./files.ts";

const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");

it("generates code that type-checks under the strictest settings, with isolated declarations", async () => {
  const check = promisify(execFile)(process.execPath, [tsc, "-p", join(testFolder, "tsconfig.json")]);
  const output = await check.then(
    ({ stdout }) => stdout,
    (reason: { stdout: string }) => reason.stdout,
  );
  expect(output).toBe("");
}, 120_000);
