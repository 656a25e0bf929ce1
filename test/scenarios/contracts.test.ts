import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const contracts = new Map(protosBelow(join(root, "proto")).map((path) => [basename(path), path]));
const owners = ["services", "packages"].flatMap((folder) =>
  readdirSync(join(root, folder)).map((name) => join(root, folder, name)),
);
const withProto = owners.filter((owner) => existsSync(join(owner, "proto")));

describe("contracts", () => {
  it("are kept by the three services of the sample at least", () => {
    expect(withProto.map((owner) => basename(owner))).toEqual(
      expect.arrayContaining(["user-srv", "user-api", "user-client"]),
    );
  });

  it.each(withProto.flatMap((owner) => protosBelow(join(owner, "proto"))).map((path) => relative(root, path)))(
    "%s is equal to the one in proto/",
    (copy) => {
      const original = contracts.get(basename(copy));
      expect(original, `proto/ has no ${basename(copy)}`).toBeDefined();
      expect(readFileSync(join(root, copy), "utf8")).toBe(readFileSync(original as string, "utf8"));
    },
  );

  it.each(withProto.map((owner) => relative(root, owner)))(
    "%s has the code that its `generate` script makes",
    (owner) => {
      const { scripts } = JSON.parse(readFileSync(join(root, owner, "package.json"), "utf8"));
      const args = scripts.generate
        .split(" ")
        .filter((word: string) => word.startsWith("-") || word.includes("/") || word === "proto");
      const flags = args.filter((word: string) => !word.endsWith("protoc-gen-micro.js"));
      const generator = join(root, "packages/protoc-gen-micro/bin/protoc-gen-micro.js");
      const check = () =>
        execFileSync(process.execPath, [generator, "--check", ...flags], { cwd: join(root, owner), stdio: "pipe" });
      expect(check).not.toThrow();
    },
  );
});

function protosBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".proto"))
    .map((name) => join(folder, name));
}
