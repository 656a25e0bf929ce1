import { ProtoError } from "../diagnostics.ts";
import type { ParsedFile, ReferredKind } from "./parsed-file.ts";
import type { SymbolEntry, Symbols } from "./symbols.ts";

/** Where a file's names are looked up. */
export interface NameSpace {
  readonly symbols: Symbols;
  /** Whether the file that declares a symbol is imported here. */
  readonly visible: (entry: SymbolEntry, name: string) => boolean;
}

/** Finds what each type name in a file stands for and writes it down. Throws `ProtoError` for one that stands for nothing. */
export function resolveNames(file: ParsedFile, space: NameSpace): void {
  for (const reference of file.references) {
    const scope = [file.proto.package, reference.scope].filter((part) => part !== "").join(".");
    const fullName = lookUp(reference.name, scope, space, (kind) => kind === "message" || kind === "enum");
    const entry = fullName === undefined ? undefined : space.symbols.get(fullName);
    if (fullName === undefined || !entry || !space.visible(entry, fullName)) {
      throw new ProtoError(reference.position, notFound(reference.name, scope, space, file.proto.name));
    }
    const kind = reference.wanted.find((wanted) => wanted === entry.kind);
    if (kind === undefined) {
      throw new ProtoError(
        reference.position,
        `found ${reference.name}, which is a ${entry.kind}, expected ${listOf(reference.wanted)}`,
      );
    }
    reference.found(`.${fullName}`, kind);
  }
}

/**
 * The full name that `name` stands for inside of `scope`.
 *
 * As in C++ the innermost scope that knows the first part of the name decides, even if the rest is not found there.
 */
export function lookUp(
  name: string,
  scope: string,
  { symbols, visible }: NameSpace,
  fits: (kind: SymbolEntry["kind"]) => boolean,
): string | undefined {
  if (name.startsWith(".")) return symbols.has(name.slice(1)) ? name.slice(1) : undefined;
  const [first = "", ...rest] = name.split(".");
  const scopes = scope === "" ? [] : scope.split(".");
  for (let depth = scopes.length; depth >= 0; depth--) {
    const candidate = [...scopes.slice(0, depth), first].join(".");
    const entry = symbols.get(candidate);
    if (!entry || !visible(entry, candidate)) continue;
    if (rest.length === 0) {
      if (fits(entry.kind)) return candidate;
    } else if (containers.has(entry.kind)) {
      const fullName = [candidate, ...rest].join(".");
      return symbols.has(fullName) ? fullName : undefined;
    }
  }
  return undefined;
}

const containers: ReadonlySet<SymbolEntry["kind"]> = new Set(["package", "message", "enum", "service"]);

function notFound(name: string, scope: string, { symbols }: NameSpace, file: string): string {
  const everywhere: NameSpace = { symbols, visible: () => true };
  const hidden = lookUp(name, scope, everywhere, (kind) => kind === "message" || kind === "enum");
  const entry = hidden === undefined ? undefined : symbols.get(hidden);
  if (entry) return `found ${name}, which ${entry.file} declares: import "${entry.file}" in ${file}`;
  return `found ${name}, which is declared neither here nor in an imported file`;
}

function listOf(kinds: readonly ReferredKind[]): string {
  return kinds.map((kind) => (kind === "enum" ? "an enum" : "a message")).join(" or ");
}
