import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { createFileRegistry, fromBinary, toJson } from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { requireServer } from "@micro/testbed";
import { describe, expect, it } from "vitest";
import { canonicalFile } from "../src/emit/canonical-file.ts";
import { compileProto } from "../src/index.ts";
import { googleApiFiles } from "../src/proto/google-api.ts";
import { contents, filesIn, genFolder, protoFolder, temporaryFolder, testFolder } from "./files.ts";

const run = promisify(execFile);
const plugin = join(testFolder, "..", "bin", "protoc-gen-micro.js");
const available = await requireServer({
  name: "protoc",
  packages: ["protobuf-compiler", "libprotobuf-dev"],
  commands: ["protoc"],
});

describe.skipIf(!available)("protoc", () => {
  it("gets from the plugin what the command generates", async () => {
    await using folder = await temporaryFolder();
    const include = await writeGoogleApi(folder.path);
    const out = join(folder.path, "out");
    await mkdir(out);
    const names = (await filesIn(protoFolder, ".proto")).filter(isReadByProtoc);
    const args = [`--plugin=protoc-gen-micro=${plugin}`, `--micro_out=${out}`, "-I", protoFolder, "-I", include];
    const { stderr } = await run("protoc", [...args, ...names]);
    const { "edition.ts": _, ...golden } = await contents(genFolder, ".ts");
    expect(await contents(out, ".ts")).toEqual(golden);
    expect(stderr).toContain("names.proto:11:3: rpc do_it cannot be called on a go-micro server");
  });

  it("shows what the plugin finds wrong", async () => {
    await using folder = await temporaryFolder();
    const text = `syntax = "proto2"; message A {\n  optional int32 a_b = 1;\n  optional int32 aB = 2;\n}`;
    await writeFile(join(folder.path, "a.proto"), text);
    const args = [`--plugin=protoc-gen-micro=${plugin}`, `--micro_out=${folder.path}`, "-I", folder.path, "a.proto"];
    await expect(run("protoc", args)).rejects.toThrow("a.proto:3:3: aB and a_b of A would both be the property aB");
    const wrongOption = run("protoc", ["--micro_opt=import_extension=cjs", ...args]);
    await expect(wrongOption).rejects.toThrow(`found the import extension "cjs", expected ts, js or none`);
  });

  const corpora = [
    { name: "our test files", folder: protoFolder },
    // Where Debian has them; they are large, old in style and full of options.
    { name: "the well-known types with their sources", folder: "/usr/include" },
  ];
  for (const { name, folder } of corpora) {
    it(`reads ${name} as our parser does, descriptors and comments`, async () => {
      await using temporary = await temporaryFolder();
      const include = await writeGoogleApi(temporary.path);
      const files = (await filesIn(folder, ".proto")).filter(isReadByProtoc).map((path) => join(folder, path));
      expect(files).not.toEqual([]);
      const set = join(temporary.path, "set");
      const args = [
        "--include_imports",
        "--include_source_info",
        `--descriptor_set_out=${set}`,
        "-I",
        folder,
        "-I",
        include,
      ];
      await run("protoc", [...args, ...files]);
      const theirs = fromBinary(FileDescriptorSetSchema, await readFile(set));
      const ours = await compileProto({ files, protoPaths: [folder, include] });
      for (const target of ours.targets) {
        expect(summary(find(ours.files, target), theirs)).toEqual(summary(find(theirs.file, target), theirs));
      }
    }, 60_000);
  }
});

/** The protoc of Debian 12 is older than editions. */
function isReadByProtoc(path: string): boolean {
  return path !== "edition.proto";
}

/** Our own copy of the `google.api` files as files, since protoc has none. */
async function writeGoogleApi(folder: string): Promise<string> {
  const include = join(folder, "include");
  for (const [name, text] of googleApiFiles) {
    await mkdir(dirname(join(include, name)), { recursive: true });
    await writeFile(join(include, name), text);
  }
  return include;
}

function find(files: readonly FileDescriptorProto[], name: string): FileDescriptorProto {
  const file = files.find((it) => it.name === name);
  if (!file) throw new Error(`no ${name}`);
  return file;
}

/** All that a file says: its descriptor, and its comments by what they are about. */
function summary(file: FileDescriptorProto, set: FileDescriptorSet): unknown {
  const registry = createFileRegistry(set);
  return {
    descriptor: toJson(FileDescriptorProtoSchema, canonicalFile(file, registry), { registry }),
    comments: Object.fromEntries(
      (file.sourceCodeInfo?.location ?? [])
        .filter(({ path }) => isDeclaration(path))
        .map(({ path, leadingComments, trailingComments }) => [path.join("."), leadingComments + trailingComments])
        .filter(([, comments]) => comments !== ""),
    ),
  };
}

/** Whether a path leads to a message, enum, field, value, service, method or oneof, and not into one. */
function isDeclaration(path: readonly number[]): boolean {
  const [list = 0, index, ...rest] = path;
  if (![4, 5, 6].includes(list) || index === undefined) return false;
  const members: Record<number, readonly number[]> = { 4: [2, 8], 5: [2], 6: [2] };
  if (rest.length === 0) return true;
  const [inner = 0] = rest;
  if (list === 4 && inner === 3) return isDeclaration([4, ...rest.slice(1)]);
  if (list === 4 && inner === 4) return isDeclaration([5, ...rest.slice(1)]);
  return rest.length === 2 && (members[list] ?? []).includes(inner);
}
