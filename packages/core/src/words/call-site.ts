import { originalPosition, type Position } from "./source-map.ts";

// Function types are compared by their parameters; this one takes any function as a mark in the stack.
type AnyFunction = (...parameters: never[]) => unknown;

// Answers by script, line and column, so that a line of code is looked up once and then costs only the stack capture.
const known = new Map<string, Map<number, string>>();
const columnsPerLine = 2 ** 20;

/**
 * Where `callee`, which is running, was called from: `folder/file.ts:23`, in the source as it was written where a source
 * map tells. Empty when there is no such place, as for a call by the runtime itself.
 */
export function callSite(callee: AnyFunction): string {
  const frame = callerOf(callee);
  const script = frame?.getFileName();
  if (!frame || !script) return "";
  const line = frame.getLineNumber() ?? 0;
  const column = frame.getColumnNumber() ?? 0;

  let sites = known.get(script);
  if (!sites) {
    sites = new Map();
    known.set(script, sites);
  }
  const key = line * columnsPerLine + column;
  let site = sites.get(key);
  if (site === undefined) {
    const raw = { file: script, line, column };
    site = formatPosition(printedPosition(callee, raw) ?? originalPosition(raw) ?? raw);
    sites.set(key, site);
  }
  return site;
}

/** The last folder, the file and the line: enough to find it, short enough to read. */
export function formatPosition({ file, line }: Position): string {
  return `${file.split(/[\\/]/).slice(-2).join("/")}:${line}`;
}

/** Reads a line of a printed stack; undefined for one without a place in a file. */
export function parseStackLine(text: string): Position | undefined {
  const [, file, line, column] =
    /^\s*at (?:.*? \()?(?:async )?((?:file:|\/|[a-z]:[\\/]).*?):(\d+):(\d+)\)?$/i.exec(text) ?? [];
  if (file === undefined || file.includes("<anonymous>")) return undefined;
  return { file, line: Number(line), column: Number(column) };
}

let first: NodeJS.CallSite | undefined;

function keepFirst(_: Error, frames: NodeJS.CallSite[]): undefined {
  first = frames[0];
}

function callerOf(callee: AnyFunction): NodeJS.CallSite | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.prepareStackTrace = keepFirst;
    Error.stackTraceLimit = 1;
    captureStack(callee);
    return first;
  } finally {
    first = undefined;
    Error.stackTraceLimit = stackTraceLimit;
    Error.prepareStackTrace = prepareStackTrace;
  }
}

// A loader that compiles in memory (a test runner, tsx, --enable-source-maps) is alone in knowing its maps, but prints
// stacks with them. What it prints differs from the raw position exactly when it knew better.
function printedPosition(callee: AnyFunction, raw: Position): Position | undefined {
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 1;
    const printed = captureStack(callee);
    const position = typeof printed === "string" ? parseStackLine(printed.split("\n").at(-1) ?? "") : undefined;
    const same = position?.file === raw.file && position.line === raw.line && position.column === raw.column;
    return same ? undefined : position;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function captureStack(callee: AnyFunction): unknown {
  const holder: { stack?: unknown } = {};
  Error.captureStackTrace(holder, callee);
  return holder.stack;
}
