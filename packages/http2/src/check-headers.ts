import { HeaderList } from "./header-list.ts";
import { isFieldName } from "./hpack/header-template.ts";

/** What a block of fields stands for. */
export type BlockKind = "request" | "response" | "trailers";

/** Outcome of the check of a header list. */
export interface Verdict {
  readonly kind: BlockKind;
  readonly lenient: boolean;
  /** What is wrong with the message, for the log of the peer; empty when nothing is. */
  readonly problem: string;
  /** The fields to hand on: the list itself, or a copy without what a lenient check drops. */
  readonly headers: HeaderList;
  /** The declared length of the body in bytes, -1 when none is declared. */
  readonly contentLength: number;
  /** The status of a response, 0 otherwise. */
  readonly status: number;
}

/**
 * Checks that the fields make a well-formed message: RFC 9113 §8.2 and §8.3. The verdict is kept with the list, so a
 * repeated block is checked once.
 *
 * `lenient` drops the fields that belong to HTTP/1 connections, and `content-length`, where RFC 9113 wants the message
 * refused: gRPC clients in Go forward them when a gateway of theirs put them into the metadata.
 */
export function checkHeaders(list: HeaderList, kind: BlockKind, lenient: boolean): Verdict {
  const known = list.verdict;
  if (known && known.kind === kind && known.lenient === lenient) return known;
  const verdict = check(list, kind, lenient);
  list.verdict = verdict;
  return verdict;
}

const METHOD = 1;
const SCHEME = 2;
const PATH = 4;
const AUTHORITY = 8;
const STATUS = 16;
const CONNECTION = 32;
const TE = 64;
const LENGTH = 128;
const requestFields = METHOD | SCHEME | PATH | AUTHORITY;

const special: ReadonlyMap<string, number> = new Map([
  [":method", METHOD],
  [":scheme", SCHEME],
  [":path", PATH],
  [":authority", AUTHORITY],
  [":status", STATUS],
  ["connection", CONNECTION],
  ["http2-settings", CONNECTION],
  ["keep-alive", CONNECTION],
  ["proxy-connection", CONNECTION],
  ["transfer-encoding", CONNECTION],
  ["upgrade", CONNECTION],
  ["te", TE],
  ["content-length", LENGTH],
]);

function check(list: HeaderList, kind: BlockKind, lenient: boolean): Verdict {
  const findings = findingsOf(list, kind, lenient);
  const { seen, dropped, contentLength } = findings;
  let { problem } = findings;
  const status = kind === "response" ? statusOf(list) : 0;
  if (problem === "" && !list.tooLarge) problem = missing(list, kind, seen, status);
  const headers = dropped ? without(list, dropped) : list;
  return { kind, lenient, problem, headers, contentLength, status };
}

/** What was found in the fields of a list, as far as it was looked at. */
export interface Findings {
  readonly kind: BlockKind;
  readonly lenient: boolean;
  readonly problem: string;
  /** Fields of their own kind, by their bits. */
  readonly seen: number;
  /** A field without a colon was there. */
  readonly regular: boolean;
  readonly contentLength: number;
  /** Where the names of fields stand that a lenient check drops. */
  readonly dropped: ReadonlySet<number> | undefined;
}

/** Looks at the fields in turn; at those that many lists begin with once for all of them. */
function findingsOf(list: HeaderList, kind: BlockKind, lenient: boolean): Findings {
  const { fields, base } = list;
  const known = base && findingsOfBase(base, kind, lenient);
  const allowed = kind === "request" ? requestFields : kind === "response" ? STATUS : 0;
  let problem = known?.problem ?? "";
  let seen = known?.seen ?? 0;
  let regular = known?.regular ?? false;
  let contentLength = known?.contentLength ?? -1;
  let dropped = known?.dropped;
  for (let i = base ? base.fields.length : 0; i + 1 < fields.length && problem === ""; i += 2) {
    const name = fields[i] ?? "";
    const value = fields[i + 1] ?? "";
    const bit = special.get(name) ?? 0;
    if (name.charCodeAt(0) === 0x3a) {
      if ((bit & allowed) === 0) problem = `${kind} with the pseudo-header ${name}`;
      else if (regular) problem = `${name} after a regular header`;
      else if (seen & bit) problem = `${name} twice`;
      seen |= bit;
    } else {
      regular = true;
      if (bit === 0) {
        if (!isFieldName(name, 0)) problem = `invalid header name ${JSON.stringify(name)}`;
      } else if (lenient && isDroppable(bit, value)) {
        dropped = new Set(dropped).add(i);
        continue;
      } else if (bit === CONNECTION) {
        problem = `connection-specific header ${name}`;
      } else if (bit === TE) {
        if (value !== "trailers") problem = "te other than trailers";
      } else {
        const length = /^\d{1,15}$/.test(value) ? Number(value) : -1;
        if (length < 0 || (contentLength >= 0 && contentLength !== length)) problem = "invalid content-length";
        contentLength = length;
      }
    }
    if (problem === "" && !isFieldValue(value, lenient)) problem = `invalid value of ${name}`;
  }
  return { kind, lenient, problem, seen, regular, contentLength, dropped };
}

function findingsOfBase(base: HeaderList, kind: BlockKind, lenient: boolean): Findings {
  const known = base.findings;
  if (known && known.kind === kind && known.lenient === lenient) return known;
  base.findings = findingsOf(base, kind, lenient);
  return base.findings;
}

function missing(list: HeaderList, kind: BlockKind, seen: number, status: number): string {
  if (kind === "response") return status === 0 ? "response without a valid :status" : "";
  if (kind === "trailers") return "";
  if (!(seen & METHOD)) return "request without :method";
  if (list.get(":method") === "CONNECT")
    return (seen & requestFields) === (METHOD | AUTHORITY) ? "" : "CONNECT needs :authority, and no :scheme and :path";
  if (!(seen & SCHEME)) return "request without :scheme";
  const path = list.get(":path") ?? "";
  if (path.startsWith("/") || (path === "*" && list.get(":method") === "OPTIONS")) return "";
  return "request without a :path that begins with a slash";
}

function isDroppable(bit: number, value: string): boolean {
  return bit === CONNECTION || bit === LENGTH || (bit === TE && value !== "trailers");
}

function statusOf(list: HeaderList): number {
  const value = list.get(":status") ?? "";
  // 101 has no meaning in HTTP/2: RFC 9113 §8.6.
  return /^[1-5]\d\d$/.test(value) && value !== "101" ? Number(value) : 0;
}

/** No NUL, CR or LF anywhere, no blank at either end. Blanks are forgiven by a lenient check. */
function isFieldValue(value: string, lenient: boolean): boolean {
  const { length } = value;
  for (let i = 0; i < length; i++) {
    const char = value.charCodeAt(i);
    if (char <= 0x0d && (char === 0 || char === 0x0a || char === 0x0d)) return false;
  }
  return length === 0 || lenient || !(isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(length - 1)));
}

function isBlank(char: number): boolean {
  return char === 0x20 || char === 0x09;
}

function without(list: HeaderList, dropped: ReadonlySet<number>): HeaderList {
  const fields = list.fields.filter((_, i) => !dropped.has(i - (i % 2)));
  return new HeaderList(fields, list.tooLarge);
}
