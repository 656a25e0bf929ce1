import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** A place in a file; line and column count from 1. */
export interface Position {
  /** A path or a `file:` URL. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

interface LoadedMap {
  readonly map: SourceMap;
  /** Where the paths in it start. */
  readonly folder: string;
}

const loaded = new Map<string, LoadedMap | undefined>();

/**
 * The place that a place in compiled code came from, by the source map that its file names; undefined when it has none.
 * Each file is read once, on first use, while the program waits.
 */
export function originalPosition({ file, line, column }: Position): Position | undefined {
  if (!/^(file:|\/|[a-z]:[\\/])/i.test(file)) return undefined;
  if (!loaded.has(file)) loaded.set(file, load(file));
  const found = loaded.get(file);
  const entry = found?.map.findEntry(line - 1, column - 1);
  if (!found || !entry || !("originalSource" in entry)) return undefined;
  const { originalSource: source, originalLine, originalColumn } = entry;
  const original = /^\w+:\/\//.test(source) ? source : resolve(found.folder, source);
  return { file: original, line: originalLine + 1, column: originalColumn + 1 };
}

function load(file: string): LoadedMap | undefined {
  try {
    const path = file.startsWith("file:") ? fileURLToPath(file) : file;
    const reference = [...readFileSync(path, "utf8").matchAll(/^\/\/[#@] sourceMappingURL=(\S+)\s*$/gm)].at(-1)?.[1];
    if (reference === undefined) return undefined;
    const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/.exec(reference);
    if (inline) return { map: parse(decode(inline[2] ?? "", inline[1] !== undefined)), folder: dirname(path) };
    const mapPath = resolve(dirname(path), decodeURIComponent(reference));
    return { map: parse(readFileSync(mapPath, "utf8")), folder: dirname(mapPath) };
  } catch {
    return undefined; // a log line with the place in the compiled file beats none: the map was not shipped, or is broken
  }
}

function parse(text: string): SourceMap {
  const payload: SourceMapPayload = JSON.parse(text);
  return new SourceMap(payload);
}

function decode(text: string, base64: boolean): string {
  return base64 ? Buffer.from(text, "base64").toString("utf8") : decodeURIComponent(text);
}
