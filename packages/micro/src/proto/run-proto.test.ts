import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runMicro } from "../run.ts";

const home = process.cwd();
let folder: string;

// Paths on the command line are relative to where a person stands.
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "micro-proto-"));
  process.chdir(folder);
});
afterEach(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true });
});

async function proto(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: "", err: "" };
  const code = await runMicro({
    argv: ["proto", ...argv],
    env: {},
    out: (text) => {
      texts.out += String(text);
    },
    err: (text) => {
      texts.err += text;
    },
  });
  return { code, ...texts };
}

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

const greeter = `syntax = "proto3";
package greeter;
import "common/name.proto";
service Greeter { rpc Hello(Request) returns (common.Name); }
message Request { common.Name name = 1; }
`;
const name = 'syntax = "proto3";\npackage common;\nmessage Name { string text = 1; }\n';
const usual = { "proto/greeter.proto": greeter, "proto/common/name.proto": name };

test("without a word it generates from the folder proto into src/gen, and says what it wrote", async () => {
  await write(usual);
  expect(await proto()).toEqual({ code: 0, out: "src/gen/common/name.ts\nsrc/gen/greeter.ts\n", err: "" });
  expect(await readFile("src/gen/greeter.ts", "utf8")).toContain('from "./common/name.ts"');
});

test("what is right already is left alone, and not told of", async () => {
  await write(usual);
  await proto();
  const { mtimeNs } = await stat("src/gen/greeter.ts", { bigint: true });
  await writeFile("src/gen/common/name.ts", "edited");
  expect((await proto()).out).toBe("src/gen/common/name.ts\n");
  expect((await stat("src/gen/greeter.ts", { bigint: true })).mtimeNs).toBe(mtimeNs);
});

test.each([
  [["proto/common"], "gen/common/name.ts\n"],
  [["proto/common/name.proto"], "gen/common/name.ts\n"],
  [["."], "gen/common/name.ts\ngen/greeter.ts\ngen/other/own.ts\n"],
  [["other"], "gen/own.ts\n"],
  [["other", "proto/common", "other/own.proto"], "gen/common/name.ts\ngen/own.ts\n"],
  [["other/own.proto"], "gen/other/own.ts\n"],
  [["other/own.proto", "-I", "other"], "gen/own.ts\n"],
  [["other/own.proto", "--proto-path", "proto,other"], "gen/own.ts\n"],
])("%j", async (argv, out) => {
  await write({ ...usual, "other/own.proto": 'syntax = "proto3";', "other/node_modules/x/x.proto": "not ours" });
  expect(await proto(...argv, "--out=gen")).toEqual({ code: 0, out, err: "" });
});

test("--check writes nothing, and names what is not as it would be", async () => {
  await write(usual);
  const differs = "src/gen/common/name.ts is not what its proto file generates\n";
  expect(await proto("--check")).toEqual({
    code: 1,
    out: "",
    err: `${differs}src/gen/greeter.ts is not what its proto file generates\n`,
  });
  expect(await readdir(".")).toEqual(["proto"]);
  await proto();
  expect(await proto("--check")).toEqual({ code: 0, out: "", err: "" });
  await writeFile("src/gen/common/name.ts", "edited");
  expect(await proto("--check")).toEqual({ code: 1, out: "", err: differs });
  expect(await readFile("src/gen/common/name.ts", "utf8")).toBe("edited");
});

test("flags say how generated files import", async () => {
  await write(usual);
  await proto("--import_extension=js", "--core=@own/core");
  const text = await readFile("src/gen/greeter.ts", "utf8");
  expect(text).toContain('from "./common/name.js"');
  expect(text).toContain('from "@own/core"');
});

test("a mistake is told by file, line and column as they are from here, and then nothing is written", async () => {
  await write({ ...usual, "proto/common/name.proto": name.replace("string", "strin") });
  expect(await proto()).toEqual({
    code: 1,
    out: "",
    err: "proto/common/name.proto:3:16: found strin, which is declared neither here nor in an imported file\n",
  });
  expect(await readdir(".")).toEqual(["proto"]);
});

test("an import that is not there is told where it is asked for", async () => {
  await write({ "proto/greeter.proto": greeter });
  expect(await proto()).toMatchObject({
    code: 1,
    err: "proto/greeter.proto:3:8: cannot find the imported file common/name.proto: looked in proto, .\n",
  });
});

test("a warning is told in the same way, and the files are written", async () => {
  await write({ "proto/a.proto": 'syntax = "proto3";\nservice A { rpc do_it(M) returns (M); }\nmessage M {}\n' });
  const { code, out, err } = await proto();
  expect({ code, out }).toEqual({ code: 0, out: "src/gen/a.ts\n" });
  expect(err).toMatch(/^proto\/a\.proto:2:13: rpc do_it cannot be called on a go-micro server[^\n]*\n$/);
});

test.each([
  [[], "there is no folder proto here; expected such as: micro proto api/user.proto"],
  [["none.proto"], "cannot find none.proto: looked in ."],
  [["empty"], "there is no .proto file in empty"],
  [["a/x.proto", "--proto_path=b"], "a/x.proto is in none of the folders of --proto_path: b"],
  [["a", "b"], "b/x.proto and a/x.proto are both imported as x.proto; give --proto_path a folder that is above both"],
  [["a", "--check", "--watch"], "--check looks once and --watch goes on"],
  [["a", "--import_extension=mts"], '--import_extension is "mts"; expected ts, js or none'],
  [["a", "--ouy=gen"], "unknown flag --ouy; did you mean --out?"],
])("%j is a mistake: one line and exit code 2", async (argv, line) => {
  await mkdir("empty");
  await write({ "a/x.proto": 'syntax = "proto3";', "b/x.proto": 'syntax = "proto3"; message B {}' });
  const { code, out, err } = await proto(...argv);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^micro: [^\n]*\n$/);
  expect(err).toContain(line);
});

test("a folder that cannot be written to is named, with exit code 1", async () => {
  await write({ ...usual, file: "" });
  const { code, err } = await proto("--out=file/gen");
  expect(code).toBe(1);
  expect(err).toMatch(/^micro: ENOTDIR[^\n]*file\/gen[^\n]*\n$/);
});

test("its help shows flags and examples", async () => {
  const { code, out } = await proto("--help");
  expect(code).toBe(0);
  for (const part of ["--out FOLDER", "-I, --proto_path", "--check", "--watch", "micro proto --check"])
    expect(out).toContain(part);
});
