import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compileProto, generate } from "../src/index.ts";
import { temporaryFolder, testFolder } from "./files.ts";

const readme = await readFile(join(testFolder, "..", "README.md"), "utf8");

function example(language: string): string {
  return new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(readme)?.[1] ?? "";
}

it("generates from the README's file what its code uses", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "greeter.proto");
  await writeFile(file, example("proto"));
  const { files, targets } = await compileProto({ files: [file], protoPaths: [folder.path] });
  const [generated] = generate({ files, targets }).files;
  expect(generated?.path).toBe("greeter.ts");
  for (const line of [
    "export const Greeter:",
    "sayHello: MethodDescription<",
    "  userName: string;",
    "  visits?: bigint",
  ]) {
    expect(generated?.content).toContain(line);
  }
  expect(example("ts")).toContain("service.handle(Greeter, { sayHello:");
});

it("names every flag and plugin option in the README", () => {
  for (const flag of ["--out", "--proto_path", "--import_extension", "--core", "--check"])
    expect(readme).toContain(flag);
});
