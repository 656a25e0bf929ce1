import { join } from "node:path";
import { expect, it } from "vitest";
import { compileProto, generate } from "../src/index.ts";
import { contents, filesIn, genFolder, protoFolder } from "./files.ts";

const names = await filesIn(protoFolder, ".proto");
const { files, targets } = await compileProto({
  files: names.map((name) => join(protoFolder, name)),
  protoPaths: [protoFolder],
});
const generated = generate({ files, targets });

it("generates what stands in gen, and nothing else", async () => {
  const found = Object.fromEntries(generated.files.map(({ path, content }) => [path, content]));
  expect(found).toEqual(await contents(genFolder, ".ts"));
});

it("warns of what go-micro would not do, with the place", () => {
  expect(generated.warnings).toEqual([
    "edition.proto:13:3: the group delimited of Editioned is left out: groups are not read",
    "legacy.proto:33:3: the group result of Legacy is left out: groups are not read",
    "legacy.proto:41:5: the group other of Legacy is left out: groups are not read",
    "legacy.proto:35:5: the group detail of Result is left out: groups are not read",
    "names.proto:10:3: rpc constructor cannot be called on a go-micro server, which exposes it as Constructor: rename it to Constructor",
    "names.proto:11:3: rpc do_it cannot be called on a go-micro server, which exposes it as DoIt: rename it to DoIt",
  ]);
});

it("generates one file and those it needs when asked for one", () => {
  const paths = generate({ files, targets: ["shop/orders.proto"] }).files.map(({ path }) => path);
  expect(paths).toEqual([
    "google/protobuf/duration.ts",
    "google/protobuf/timestamp.ts",
    "shop/money.ts",
    "shop/orders.ts",
  ]);
});

it("generates well-known types only when imports are left to the caller", () => {
  const paths = generate({ files, targets: ["shop/orders.proto"], imports: "well-known" }).files;
  expect(paths.map(({ path }) => path)).toEqual([
    "google/protobuf/duration.ts",
    "google/protobuf/timestamp.ts",
    "shop/orders.ts",
  ]);
});

it("writes imports as they are wanted", () => {
  const { files: js } = generate({
    files,
    targets: ["shop/orders.proto"],
    importExtension: "js",
    coreModule: "../core",
  });
  const text = js.find(({ path }) => path === "shop/orders.ts")?.content;
  expect(text).toContain(`import type { Money } from "./money.js";`);
  expect(text).toContain(`import type { Duration } from "../google/protobuf/duration.js";`);
  expect(text).toContain(`from "../core";`);
});

it("takes the files in any order", () => {
  const backwards = generate({ files: [...files].reverse(), targets: [...targets].reverse() });
  expect(backwards.files).toEqual(generated.files);
});

it("says so when a file is asked for that was not compiled", () => {
  expect(() => generate({ files, targets: ["shop/none.proto"] })).toThrow("no file shop/none.proto");
});
