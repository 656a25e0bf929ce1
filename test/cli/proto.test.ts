import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { micro, startMicro } from "./micro.ts";

let folder: string;

const proto = (type: string): string => `syntax = "proto3";\npackage shop;\nmessage Item { ${type} name = 1; }\n`;
const generated = (): Promise<string> => readFile(join(folder, "src/gen/shop.ts"), "utf8");

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "micro-proto-"));
  await mkdir(join(folder, "proto"));
  await writeFile(join(folder, "proto/shop.proto"), proto("string"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("generates, and checks what is generated", async () => {
  expect(await micro(["proto"], { cwd: folder })).toEqual({ code: 0, out: "src/gen/shop.ts\n", err: "" });
  expect(await generated()).toContain("export interface Item {");
  expect(await micro(["proto", "--check"], { cwd: folder })).toEqual({ code: 0, out: "", err: "" });
  await writeFile(join(folder, "proto/shop.proto"), proto("int64"));
  expect(await micro(["proto", "--check"], { cwd: folder })).toEqual({
    code: 1,
    out: "",
    err: "src/gen/shop.ts is not what its proto file generates\n",
  });
});

it("with --watch follows changes, mistakes and new folders until it is interrupted", async () => {
  await using watch = await startMicro(["proto", ".", "--watch"], { cwd: folder });
  await watch.waitForLine("watching the proto files in proto, .; Ctrl-C ends");
  expect(await generated()).toContain("name: string;");

  await writeFile(join(folder, "proto/shop.proto"), proto("strin"));
  await watch.waitForLine("proto/shop.proto:3:16: found strin");
  expect(await generated()).toContain("name: string;");

  await writeFile(join(folder, "proto/shop.proto"), proto("int64"));
  await eventually(generated, (text) => expect(text).toContain("name: bigint;"));

  await mkdir(join(folder, "more/deep"), { recursive: true });
  await writeFile(join(folder, "more/deep/new.proto"), proto("bool"));
  await watch.waitForLine("src/gen/more/deep/new.ts", { timeoutMs: 30_000 });
  await writeFile(join(folder, "more/deep/newer.proto"), proto("bytes"));
  await watch.waitForLine("src/gen/more/deep/newer.ts", { timeoutMs: 30_000 });

  watch.signal("SIGINT");
  expect(await watch.exited).toEqual({ code: 0, signal: null });
});
