import type { DescFile } from "@bufbuild/protobuf";
import { type Exported, exportedNames, freeName } from "./names.ts";

/** Longer lines are broken, as formatters would do it. */
export const maxLineWidth = 120;

/** How imports between generated files end. */
export type ImportExtension = "ts" | "js" | "none";

export interface ModuleSettings {
  readonly importExtension: ImportExtension;
  /** What `loadMessages` and the description types are imported from. */
  readonly coreModule: string;
}

/** Names and imports of one generated file while its text is being written. */
export interface Module {
  readonly file: DescFile;
  /** The name of a message, enum or service here, as a type only; imported when it stands in another file. */
  typeName(desc: Exported): string;
  /** The same where a value is needed. */
  valueName(desc: Exported): string;
  /** A type or function of `@micro/core`. */
  core(name: CoreName): string;
  /** Import lines for all names that were asked for. */
  imports(): string[];
  /** The .proto files whose generated code these lines import. */
  importedFiles(): string[];
}

export type CoreName = "loadMessages" | "MessageType" | "MethodDescription" | "ServiceDescription";

/** Starts a generated file for `file`. */
export function openModule(file: DescFile, settings: ModuleSettings): Module {
  const own = exportedNames(file);
  const taken = new Set(own.values());
  const core = new Set<CoreName>();
  const imported = new Map<Exported, ImportedName>();

  function nameOf(desc: Exported, asValue: boolean): string {
    const ownName = own.get(desc);
    if (ownName !== undefined) return ownName;
    const known = imported.get(desc);
    if (known) {
      known.asValue ||= asValue;
      return known.local;
    }
    const name = exportedNames(desc.file).get(desc) ?? desc.name;
    const local = taken.has(name) ? freeName(desc.typeName.replaceAll(".", "_"), taken) : name;
    taken.add(local);
    imported.set(desc, { from: desc.file.proto.name, name, local, asValue });
    return local;
  }

  return {
    file,
    typeName: (desc) => nameOf(desc, false),
    valueName: (desc) => nameOf(desc, true),
    core(name) {
      core.add(name);
      return name;
    },
    imports: () => [
      ...coreImport(core, settings.coreModule),
      ...fileImports([...imported.values()], file.proto.name, settings.importExtension),
    ],
    importedFiles: () => [...new Set([...imported.values()].map(({ from }) => from))],
  };
}

interface ImportedName {
  readonly from: string;
  readonly name: string;
  readonly local: string;
  asValue: boolean;
}

function coreImport(names: ReadonlySet<CoreName>, from: string): string[] {
  if (names.size === 0) return [];
  const listed = [...names].sort(compare).map((name) => ({ name, local: name, asValue: name === "loadMessages" }));
  return [importLine(listed, from)];
}

function fileImports(names: readonly ImportedName[], importer: string, extension: ImportExtension): string[] {
  const files = [...new Set(names.map(({ from }) => from))].sort(compare);
  return files.map((from) => {
    const listed = names.filter((name) => name.from === from).sort((a, b) => compare(a.name, b.name));
    return importLine(listed, relativeModule(importer, from, extension));
  });
}

function importLine(names: readonly Omit<ImportedName, "from">[], from: string): string {
  const typesOnly = names.every(({ asValue }) => !asValue);
  const items = names.map(({ name, local, asValue }) => {
    const renamed = name === local ? name : `${name} as ${local}`;
    return asValue || typesOnly ? renamed : `type ${renamed}`;
  });
  const line = `import ${typesOnly ? "type " : ""}{ ${items.join(", ")} } from ${JSON.stringify(from)};`;
  return line.length <= maxLineWidth
    ? line
    : line.replace("{ ", "{\n  ").replaceAll(", ", ",\n  ").replace(" }", ",\n}");
}

/** Path of the generated file of `target` as the one of `importer` must write it; both are names of .proto files. */
export function relativeModule(importer: string, target: string, extension: ImportExtension): string {
  const from = importer.split("/").slice(0, -1);
  const to = modulePath(target).replace(/\.ts$/, "").split("/");
  let common = 0;
  while (common < from.length && common < to.length - 1 && from[common] === to[common]) common++;
  const up = from.slice(common).map(() => "..");
  const path = [...(up.length === 0 ? ["."] : up), ...to.slice(common)].join("/");
  return extension === "none" ? path : `${path}.${extension}`;
}

/** `user/user.ts` of `user/user.proto`. */
export function modulePath(protoFile: string): string {
  return `${protoFile.replace(/\.proto$/, "")}.ts`;
}

/** As formatters sort imports: by letter, then upper case first; the same on every machine whatever its language. */
function compare(a: string, b: string): number {
  const [lowerA, lowerB] = [a.toLowerCase(), b.toLowerCase()];
  if (lowerA !== lowerB) return lowerA < lowerB ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
