import { ProtoError } from "../diagnostics.ts";
import type { Token } from "./token.ts";

const space = /[ \t\r\n\f\v]+/y;
const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /0[xX][0-9A-Fa-f]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const string = /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'/y;

/** The tokens of a .proto file, with one of kind `end` last. Comments are left out; see `comments.ts`. */
export function tokenize(file: string, text: string): Token[] {
  const tokens: Token[] = [];
  const place = lineCounter(text);
  const fail = (at: number, reason: string): never => {
    throw new ProtoError({ file, ...place(at) }, reason);
  };
  let at = text.startsWith("\uFEFF") ? 1 : 0;

  function match(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  }

  while (at < text.length) {
    const skipped = match(space) ?? match(comment);
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    const [kind, found] = text.startsWith("/*", at) ? [] : (scan(match) ?? []);
    if (kind === undefined || found === undefined) return fail(at, unreadable(text, at));
    if (kind === "integer" && /^0[0-9]*[89]/.test(found)) {
      fail(at, `found ${found}: a number that begins with 0 is octal and has digits from 0 to 7`);
    }
    const next = text.charAt(at + found.length);
    if ((kind === "integer" || kind === "float") && /[A-Za-z0-9_]/.test(next)) {
      fail(at + found.length, `found \`${next}\` right after the number ${found}, expected a space or a symbol`);
    }
    tokens.push({ kind, text: found, start: at, end: at + found.length, ...place(at) });
    at += found.length;
  }
  tokens.push({ kind: "end", text: "", start: at, end: at, ...place(at) });
  return tokens;
}

function scan(match: (pattern: RegExp) => string | undefined): [Token["kind"], string] | undefined {
  const word = match(identifier);
  if (word !== undefined) return ["identifier", word];
  const digits = match(number);
  if (digits !== undefined) return [/^0[xX]|^[0-9]+$/.test(digits) ? "integer" : "float", digits];
  const quoted = match(string);
  if (quoted !== undefined) return ["string", quoted];
  const symbol = match(/[{}()[\]<>;=,.:+\-/]/y);
  return symbol === undefined ? undefined : ["symbol", symbol];
}

function unreadable(text: string, at: number): string {
  const found = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (found === '"' || found === "'") return `found a string without its closing ${found} on the same line`;
  if (text.startsWith("/*", at)) return "found a comment without its closing */";
  return `found the character ${JSON.stringify(found)}, which has no meaning in a .proto file`;
}

/** Line and column of ever larger offsets. */
function lineCounter(text: string): (at: number) => { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  return (at) => {
    for (let next = text.indexOf("\n", lineStart); next !== -1 && next < at; next = text.indexOf("\n", lineStart)) {
      line++;
      lineStart = next + 1;
    }
    return { line, column: at - lineStart + 1 };
  };
}
