import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runCommand } from "../src/cli.ts";
import { genFolder, protoFolder, temporaryFolder, testFolder } from "./files.ts";

const money = join(protoFolder, "shop", "money.proto");

interface Outcome {
  code: number;
  out: string;
  err: string;
}

async function command(...args: string[]): Promise<Outcome> {
  let [out, err] = ["", ""];
  const code = await runCommand(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

it("writes the files into folders like those of the .proto files", async () => {
  await using folder = await temporaryFolder();
  expect(await command("--out", folder.path, "--proto_path", protoFolder, money)).toEqual({
    code: 0,
    out: "",
    err: "",
  });
  const text = await readFile(join(folder.path, "shop", "money.ts"), "utf8");
  expect(text).toBe(await readFile(join(genFolder, "shop", "money.ts"), "utf8"));
});

it("leaves a file alone that is right already", async () => {
  await using folder = await temporaryFolder();
  const target = join(folder.path, "shop", "money.ts");
  const args = ["--out", folder.path, "-I", protoFolder, money];
  await command(...args);
  const { mtimeNs } = await stat(target, { bigint: true });
  await command(...args);
  expect((await stat(target, { bigint: true })).mtimeNs).toBe(mtimeNs);
});

it("checks without writing, and names what differs", async () => {
  await using folder = await temporaryFolder();
  const target = join(folder.path, "shop", "money.ts");
  const args = ["--check", "--out", folder.path, "-I", protoFolder, money];
  const differs = { code: 1, out: "", err: `${target} is not what its .proto file generates\n` };
  expect(await command(...args)).toEqual(differs);
  expect(await readdir(folder.path)).toEqual([]);
  await command(...args.slice(1));
  expect(await command(...args)).toEqual({ code: 0, out: "", err: "" });
  await writeFile(target, "edited by hand");
  expect(await command(...args)).toEqual(differs);
});

it("tells what is wrong in a .proto file, where, and exits with 1", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "a.proto");
  await writeFile(file, `syntax = "proto3";\nmessage A {\n  strin a = 1;\n}\n`);
  expect(await command("--out", folder.path, "-I", folder.path, file)).toEqual({
    code: 1,
    out: "",
    err: "a.proto:3:3: found strin, which is declared neither here nor in an imported file\n",
  });
});

it("tells where it looked for an import", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "a.proto");
  await writeFile(file, `syntax = "proto3";\nimport "b.proto";\n`);
  const { code, err } = await command("--out", folder.path, "-I", folder.path, "-I", protoFolder, file);
  expect(code).toBe(1);
  expect(err).toBe(`a.proto:2:8: cannot find the imported file b.proto: looked in ${folder.path}, ${protoFolder}\n`);
});

it("finds imports in the first folder that has them, the shipped ones last", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "shop"));
  await writeFile(join(folder.path, "shop", "money.proto"), `syntax = "proto3"; package own; message Money {}`);
  const file = join(folder.path, "a.proto");
  await writeFile(file, `syntax = "proto3"; import "shop/money.proto"; message A { own.Money money = 1; }`);
  expect(await command("--out", folder.path, "-I", folder.path, "-I", protoFolder, file)).toMatchObject({ code: 0 });
});

it("refuses files that import each other in a circle", async () => {
  await using folder = await temporaryFolder();
  const [a, b] = [join(folder.path, "a.proto"), join(folder.path, "b.proto")];
  await writeFile(a, `syntax = "proto3"; import "b.proto";`);
  await writeFile(b, `syntax = "proto3"; import "a.proto";`);
  const { code, err } = await command("--out", folder.path, "-I", folder.path, a);
  expect(code).toBe(1);
  expect(err).toBe("b.proto:1:27: files import each other in a circle: a.proto → b.proto → a.proto\n");
});

it.each([
  [[], "no --out, the folder for the generated files"],
  [["--out", "x"], "no .proto files to generate from"],
  [["--out", "x", "--import_extension", "mts", money], `found the import extension "mts", expected ts, js or none`],
  [["--out", "x", "--protopath", "y"], "Unknown option '--protopath'"],
  [["--out", "x", "-I", genFolder, money], "is in none of the folders of --proto_path"],
  [["--out", "x", "-I", protoFolder, join(protoFolder, "none.proto")], "cannot find none.proto: looked in"],
])("exits with 2 when called as %j", async (args, expected) => {
  const { code, err } = await command(
    ...(args.includes(money) && !args.includes("-I") ? [...args, "-I", protoFolder] : args),
  );
  expect(err).toContain(expected);
  expect(err).toContain("--help tells how to call it");
  expect(code).toBe(2);
});

it("names the path that cannot be read or written", async () => {
  await using folder = await temporaryFolder();
  const blocked = join(folder.path, "file");
  await writeFile(blocked, "");
  for (const args of [
    ["--out", join(blocked, "gen"), money],
    ["--out", folder.path, join(protoFolder, "shop")],
  ]) {
    const { code, err } = await command("-I", protoFolder, ...args);
    expect(code).toBe(2);
    expect(err).toMatch(/^protoc-gen-micro: (ENOTDIR|cannot read .*shop): /);
  }
});

it("prints how to call it", async () => {
  const { code, out } = await command("--help");
  expect(code).toBe(0);
  for (const flag of ["--out", "--proto_path", "--import_extension", "--core", "--check"]) expect(out).toContain(flag);
});

it("is a program", () => {
  const bin = join(testFolder, "..", "bin", "protoc-gen-micro.js");
  const args = [bin, "--check", "--out", genFolder, "-I", protoFolder, money];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
