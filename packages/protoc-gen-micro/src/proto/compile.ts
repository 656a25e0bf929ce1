import { readFile } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { type Position, ProtoError } from "../diagnostics.ts";
import { link } from "./link.ts";
import { parseFile } from "./parse-file.ts";
import type { ParsedFile } from "./parsed-file.ts";
import { shippedFile } from "./shipped.ts";

export interface CompileOptions {
  /** .proto files, absolute or relative to the working directory; each must be in one of `protoPaths`. */
  files: readonly string[];
  /** Folders in which imports are found, the first that has the file wins. @default the working directory */
  protoPaths?: readonly string[];
}

export interface Compiled {
  /** With everything that is imported, imports first. */
  readonly files: FileDescriptorProto[];
  /** The names under which the given files can be imported, in the order given. */
  readonly targets: string[];
}

/** A file was asked for that is not there, cannot be read, or is in none of the folders. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Reads .proto files and what they import, without protoc.
 *
 * `google/protobuf/*.proto` and the `google.api.http` annotations need not be there. Throws `ProtoError` for the first
 * thing that is wrong in a file, `UsageError` for a file that cannot be read.
 */
export async function compileProto({ files, protoPaths = ["."] }: CompileOptions): Promise<Compiled> {
  const parsed = new Map<string, ParsedFile>();
  const targets = files.map((file) => importName(file, protoPaths));
  for (const name of targets) await load(name, undefined, []);
  const linked = new Map<string, FileDescriptorProto>();
  const finish = (name: string): FileDescriptorProto | undefined => {
    const done = linked.get(name) ?? (parsed.has(name) ? undefined : shippedFile(name));
    if (done) return done;
    const file = parsed.get(name);
    if (!file) return undefined;
    for (const imported of file.imports) finish(imported.name);
    const proto = link(file, finish);
    linked.set(name, proto);
    return proto;
  };
  const shipped = new Map<string, FileDescriptorProto>();
  const addShipped = (name: string): void => {
    const file = parsed.has(name) || shipped.has(name) ? undefined : shippedFile(name);
    if (!file) return;
    file.dependency.forEach(addShipped);
    shipped.set(name, file);
  };
  for (const name of targets) finish(name);
  for (const file of parsed.values()) for (const { name } of file.imports) addShipped(name);
  targets.forEach(addShipped);
  return { files: [...shipped.values(), ...linked.values()], targets };

  async function load(name: string, from: Position | undefined, chain: readonly string[]): Promise<void> {
    if (chain.includes(name) && from) {
      throw new ProtoError(from, `files import each other in a circle: ${[...chain, name].join(" → ")}`);
    }
    if (parsed.has(name)) return;
    const text = await readProto(name, protoPaths);
    if (text === undefined) {
      if (shippedFile(name)) return;
      const where = `looked in ${protoPaths.join(", ")}`;
      if (from) throw new ProtoError(from, `cannot find the imported file ${name}: ${where}`);
      throw new UsageError(`cannot find ${name}: ${where}`);
    }
    const file = parseFile(name, text);
    for (const imported of file.imports) await load(imported.name, imported.position, [...chain, name]);
    parsed.set(name, file);
  }
}

/** The name of a file as others import it: its path within a folder of `protoPaths`. */
function importName(file: string, protoPaths: readonly string[]): string {
  for (const folder of protoPaths) {
    const name = relative(resolve(folder), resolve(file));
    if (name !== "" && !name.startsWith("..") && resolve(folder, name) === resolve(file))
      return name.split(sep).join("/");
  }
  // What is shipped stands in no folder.
  if (shippedFile(file)) return file;
  throw new UsageError(`${file} is in none of the folders of --proto_path: ${protoPaths.join(", ")}`);
}

async function readProto(name: string, protoPaths: readonly string[]): Promise<string | undefined> {
  for (const folder of protoPaths) {
    const path = join(folder, name);
    try {
      return await readFile(path, "utf8");
    } catch (reason) {
      if (isMissing(reason)) continue;
      throw new UsageError(`cannot read ${path}: ${reason instanceof Error ? reason.message : String(reason)}`);
    }
  }
  return undefined;
}

function isMissing(reason: unknown): boolean {
  return reason instanceof Error && "code" in reason && (reason.code === "ENOENT" || reason.code === "ENOTDIR");
}
