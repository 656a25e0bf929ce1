/**
 * Path templates of `google.api.http`, which go-micro's routes use too: segments that are literals, `*` for one
 * component, `**` for the rest, or variables `{id}`, `{order.id}`, `{parent=shelves/*}`; and a `:verb` at the end.
 * Source of the grammar: google/api/http.proto, "Path template syntax".
 */
export interface Template {
  /** The variables in their order; each is a group of `pattern`. */
  readonly variables: readonly string[];
  /** Matches a decoded path as a whole. */
  readonly pattern: RegExp;
  readonly rank: PathRank;
}

/** How much a pattern of paths asks for, by which patterns are ordered. */
export interface PathRank {
  /** Characters before the first that may be anything; all of them count as infinitely many. */
  readonly fixedStart: number;
  /** Parts that are literal, of a template. */
  readonly literals: number;
  /** The template takes any number of components. */
  readonly open: boolean;
  /** How many components it takes, `**` as one. */
  readonly components: number;
  readonly verb: boolean;
}

/** Reads a template. Throws an `Error` that says what is wrong with it. */
export function parseTemplate(text: string): Template {
  if (!text.startsWith("/") || text.length < 2)
    throw wrong(text, "a template begins with / and names something after it");
  const [path, verb] = splitVerb(text);
  const variables: string[] = [];
  const found = readSegments(text, path.slice(1), variables, false);
  if (found.filter(({ kind }) => kind === "**").length > 1) throw wrong(text, "** may stand once only");
  if (new Set(variables).size < variables.length) throw wrong(text, "a variable stands twice");
  const source = found.map(({ source, opens, closes }) => `/${opens}${source}${closes}`).join("");
  return {
    variables,
    pattern: new RegExp(`^${source}${verb === "" ? "" : `:${escaped(verb)}`}$`, "s"),
    rank: {
      fixedStart: fixedStart(found),
      literals: found.filter(({ kind }) => kind === "literal").length,
      open: found.some(({ kind }) => kind === "**"),
      components: found.length,
      verb: verb !== "",
    },
  };
}

interface Segment {
  readonly kind: "literal" | "*" | "**";
  readonly source: string;
  readonly length: number;
  /** Groups that begin before it, and that end after it. */
  opens: string;
  closes: string;
}

function readSegments(whole: string, path: string, variables: string[], inVariable: boolean): Segment[] {
  return splitPath(whole, path).flatMap((part): Segment[] => {
    if (!part.startsWith("{")) return [readPlain(whole, part)];
    if (inVariable) throw wrong(whole, "a variable cannot stand in another");
    const equals = part.indexOf("=");
    const name = part.slice(1, equals < 0 ? -1 : equals);
    if (!variableName.test(name)) throw wrong(whole, `${JSON.stringify(name)} is no field name`);
    variables.push(name);
    const inside = equals < 0 ? "*" : part.slice(equals + 1, -1);
    const segments = readSegments(whole, inside, variables, true);
    const [first, last] = [segments[0], segments.at(-1)];
    if (!first || !last) throw wrong(whole, `variable ${name} is empty`);
    first.opens += "(";
    last.closes += ")";
    return segments;
  });
}

function readPlain(whole: string, part: string): Segment {
  const plain = { opens: "", closes: "" };
  if (part === "*") return { kind: "*", source: "[^/]*", length: 0, ...plain };
  if (part === "**") return { kind: "**", source: ".*", length: 0, ...plain };
  if (!literal.test(part)) throw wrong(whole, `${JSON.stringify(part)} is no literal, *, ** or {variable}`);
  const text = decodeURIComponent(part);
  return { kind: "literal", source: escaped(text), length: text.length, ...plain };
}

/** Splits at slashes outside braces. */
function splitPath(whole: string, path: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < path.length; at++) {
    const char = path[at];
    if (char === "{") depth++;
    else if (char === "}") depth--;
    else if (char === "/" && depth === 0) {
      parts.push(path.slice(start, at));
      start = at + 1;
    }
    if (depth < 0 || depth > 1) throw wrong(whole, "braces do not match");
  }
  if (depth !== 0) throw wrong(whole, "braces do not match");
  parts.push(path.slice(start));
  for (const part of parts)
    if (/[{}]/.test(part) && !/^\{[^{}]*\}$/.test(part)) throw wrong(whole, "a variable fills a whole segment");
  return parts;
}

/** The verb is what follows the last colon, when no slash or brace does. */
function splitVerb(text: string): [path: string, verb: string] {
  const colon = text.lastIndexOf(":");
  if (colon < 0 || /[/}]/.test(text.slice(colon))) return [text, ""];
  return [text.slice(0, colon), text.slice(colon + 1)];
}

function fixedStart(segments: readonly Segment[]): number {
  let length = 0;
  for (const segment of segments) {
    length++;
    if (segment.kind !== "literal") return length;
    length += segment.length;
  }
  return Number.POSITIVE_INFINITY;
}

const variableName = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;
// RFC 3986 pchar, percent escapes whole.
const literal = /^(?:[\w.~!$&'()+,;=:@-]|%[\da-fA-F]{2})+$/;

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

function wrong(template: string, why: string): Error {
  return new Error(`path ${template} is no template: ${why}`);
}
