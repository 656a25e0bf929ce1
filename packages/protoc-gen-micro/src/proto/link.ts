import { create, createFileRegistry } from "@bufbuild/protobuf";
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { ProtoError } from "../diagnostics.ts";
import { checkFile, declareSymbols } from "./check.ts";
import { interpretOptions } from "./interpret-options.ts";
import type { ParsedFile } from "./parsed-file.ts";
import { type NameSpace, resolveNames } from "./resolve-names.ts";
import { declaredSymbols, type Symbols } from "./symbols.ts";

/**
 * Finishes a file that was read: finds what its names stand for, sets its options and checks it.
 *
 * `importedFile` gives the finished files that it imports. Throws `ProtoError`.
 */
export function link(
  file: ParsedFile,
  importedFile: (name: string) => FileDescriptorProto | undefined,
): FileDescriptorProto {
  const imports = transitiveImports(file, importedFile);
  const symbols: Symbols = new Map();
  const packages = new Map<string, Set<string>>();
  for (const proto of imports.values()) {
    for (const [name, entry] of declaredSymbols(proto)) {
      symbols.set(name, entry);
      if (entry.kind === "package") packages.set(name, (packages.get(name) ?? new Set()).add(proto.name));
    }
  }
  for (const [name, { kind, file: from }] of declaredSymbols(file.proto)) {
    if (kind === "package") packages.set(name, (packages.get(name) ?? new Set()).add(from));
  }
  declareSymbols(file, symbols);
  const seen = visibleFiles(file.proto, importedFile);
  const space: NameSpace = {
    symbols,
    visible: (entry, name) =>
      entry.kind === "package"
        ? [...(packages.get(name) ?? [])].some((declaring) => seen.has(declaring))
        : seen.has(entry.file),
  };
  resolveNames(file, space);
  interpretOptionsOf(file, space, imports);
  file.proto.messageType.forEach(widenMessageSet);
  checkFile(file, symbols);
  return file.proto;
}

/** In the extension ranges of a message set, `max` is a larger number. */
function widenMessageSet(message: DescriptorProto): void {
  if (message.options?.messageSetWireFormat) {
    for (const range of message.extensionRange) if (range.end === 2 ** 29) range.end = 2 ** 31 - 1;
  }
  message.nestedType.forEach(widenMessageSet);
}

function interpretOptionsOf(
  file: ParsedFile,
  space: NameSpace,
  imports: ReadonlyMap<string, FileDescriptorProto>,
): void {
  if (file.options.length === 0) return;
  // A file may use the extensions that it declares.
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...imports.values(), file.proto] }));
  interpretOptions(file, space, registry);
}

/** All files that are imported, directly or not, each behind those that it imports itself. */
function transitiveImports(
  file: ParsedFile,
  importedFile: (name: string) => FileDescriptorProto | undefined,
): Map<string, FileDescriptorProto> {
  const found = new Map<string, FileDescriptorProto>();
  const add = (name: string): void => {
    if (found.has(name)) return;
    const proto = importedFile(name);
    if (!proto) {
      const position = file.imports.find((imported) => imported.name === name)?.position;
      throw new ProtoError(
        position ?? { file: file.proto.name, line: 1, column: 1 },
        `cannot find the imported file ${name}`,
      );
    }
    for (const inner of proto.dependency) add(inner);
    found.set(name, proto);
  };
  for (const { name } of file.imports) add(name);
  return found;
}

/** The file itself, its imports, and what those import publicly. */
function visibleFiles(
  file: FileDescriptorProto,
  importedFile: (name: string) => FileDescriptorProto | undefined,
): Set<string> {
  const seen = new Set([file.name]);
  const add = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const proto = importedFile(name);
    for (const index of proto?.publicDependency ?? []) {
      const inner = proto?.dependency[index];
      if (inner !== undefined) add(inner);
    }
  };
  for (const name of file.dependency) add(name);
  return seen;
}
