import type { DescExtension, DescField, DescMessage, Registry } from "@bufbuild/protobuf";
import { ProtoError } from "../diagnostics.ts";
import type { OptionNamePart, ParsedFile, RawOption } from "./parsed-file.ts";
import { lookUp, type NameSpace } from "./resolve-names.ts";

/** Sets the options of a file, for which `registry` must know the extensions among them. */
export function interpretOptions(file: ParsedFile, space: NameSpace, registry: Registry): void {
  const alreadySet = new Map<object, Set<string>>();
  for (const option of file.options) {
    const names = option.name.map((part) => fullPartName(part, option, file, space));
    const path = names.join(".");
    const set = alreadySet.get(option.owner) ?? new Set();
    alreadySet.set(option.owner, set);
    if (set.has(path) && !isList(names, option.schema, registry)) {
      throw new ProtoError(option.position, `the option ${written(option)} is set twice`);
    }
    set.add(path);
    try {
      option.merge(asText(names, option.value), registry);
    } catch (reason) {
      if (!(reason instanceof Error)) throw reason;
      throw new ProtoError(option.position, explain(option, reason));
    }
  }
}

/** `[full.name]` of an extension, `name` of a field. */
function fullPartName(
  { name, extension }: OptionNamePart,
  option: RawOption,
  file: ParsedFile,
  space: NameSpace,
): string {
  if (!extension) return name;
  const scope = [file.proto.package, option.scope].filter((part) => part !== "").join(".");
  const fullName = lookUp(name, scope, space, () => true);
  const kind = fullName === undefined ? undefined : space.symbols.get(fullName)?.kind;
  if (kind === undefined) {
    const hint = name.endsWith("google.api.http") ? `: import "google/api/annotations.proto"` : "";
    throw new ProtoError(option.position, `found the option (${name}), which no imported file declares${hint}`);
  }
  if (kind !== "extension") {
    throw new ProtoError(option.position, `found the option (${name}), which is the ${kind} ${fullName}, no extension`);
  }
  return `[${fullName}]`;
}

/** `a { b: value }` for the option `a.b = value`. */
function asText(names: readonly string[], value: string): string {
  const [name = "", ...inner] = names;
  if (inner.length > 0) return `${name} { ${asText(inner, value)} }`;
  return `${name}: ${value}`;
}

/** Whether the option can be set more than once. */
function isList(names: readonly string[], schema: DescMessage, registry: Registry): boolean {
  let message: DescMessage | undefined = schema;
  let field: DescField | DescExtension | undefined;
  for (const name of names) {
    field = name.startsWith("[")
      ? registry.getExtension(name.slice(1, -1))
      : message?.fields.find((it) => it.name === name);
    message = field?.message;
  }
  return field?.fieldKind === "list";
}

function written({ name }: RawOption): string {
  return name.map((part) => (part.extension ? `(${part.name})` : part.name)).join(".");
}

function explain(option: RawOption, reason: Error): string {
  const on = option.schema.name.replace("Options", "").toLowerCase();
  return `cannot set the ${on} option ${written(option)} to ${option.value.replace(/\s+/g, " ")}: ${reason.message}`;
}
