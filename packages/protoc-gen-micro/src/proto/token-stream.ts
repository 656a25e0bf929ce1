import { type Position, ProtoError } from "../diagnostics.ts";
import { commentsBetween } from "./comments.ts";
import { describeToken, type Token } from "./token.ts";
import { tokenize } from "./tokenize.ts";

/** The comments of one declaration. */
export interface DeclarationComments {
  readonly leading: string;
  readonly trailing: string;
}

/** Reads the tokens of one file in order. What does not fit throws a `ProtoError` at its place. */
export interface TokenStream {
  readonly file: string;
  peek(): Token;
  next(): Token;
  /** Whether the next token is this keyword or symbol; stays before it. */
  at(text: string): boolean;
  /** Takes the next token if it is this keyword or symbol. */
  take(text: string): boolean;
  /** Takes this keyword or symbol; `what` says in an error what it is for. */
  expect(text: string, what?: string): Token;
  /** Takes an identifier. */
  identifier(what: string): Token;
  /** Takes a string, or several in a row, which are one; gives the tokens. */
  strings(what: string): Token[];
  /** Takes an integer without sign. */
  integer(what: string): { value: bigint; token: Token };
  /** Takes the `;`, `{` or `}` that ends a declaration's head and gives the declaration's comments. */
  endDeclaration(symbol: ";" | "{" | "}"): DeclarationComments;
  /** The source between two offsets. */
  slice(start: number, end: number): string;
  position(token: Token): Position;
  fail(token: Token, reason: string): never;
  /** Fails with what was found and what was expected. */
  unexpected(expected: string): never;
}

/** Opens `text`, the content of `file`. */
export function tokenStream(file: string, text: string): TokenStream {
  const tokens = tokenize(file, text);
  const end = tokens.at(-1);
  if (!end) throw new Error("a token list without an end");
  let index = 0;

  const peek = (): Token => tokens[index] ?? end;
  const next = (): Token => {
    const token = peek();
    if (index < tokens.length - 1) index++;
    return token;
  };
  const position = ({ line, column }: Token): Position => ({ file, line, column });
  const fail = (token: Token, reason: string): never => {
    throw new ProtoError(position(token), reason);
  };
  const unexpected = (expected: string): never => fail(peek(), `found ${describeToken(peek())}, expected ${expected}`);
  const at = (wanted: string): boolean => peek().text === wanted && peek().kind !== "string";

  let upcoming = commentsBetween(text.slice(text.startsWith("\uFEFF") ? 1 : 0, peek().start), {
    fileStart: true,
  }).leading;

  return {
    file,
    peek,
    next,
    at,
    position,
    fail,
    unexpected,
    take(wanted) {
      if (!at(wanted)) return false;
      next();
      return true;
    },
    expect(wanted, what) {
      return at(wanted) ? next() : unexpected(what === undefined ? `\`${wanted}\`` : `\`${wanted}\` ${what}`);
    },
    identifier: (what) => (peek().kind === "identifier" ? next() : unexpected(what)),
    strings(what) {
      if (peek().kind !== "string") unexpected(what);
      const found: Token[] = [];
      while (peek().kind === "string") found.push(next());
      return found;
    },
    integer(what) {
      if (peek().kind !== "integer") unexpected(what);
      const token = next();
      // BigInt does not know that 017 is octal.
      const octal = /^0[0-7]+$/.test(token.text) ? `0o${token.text.slice(1)}` : token.text;
      return { value: BigInt(octal), token };
    },
    endDeclaration(symbol) {
      const last = at(symbol) ? next() : unexpected(`\`${symbol}\``);
      const later = peek();
      const between = commentsBetween(text.slice(last.end, later.start), {
        closesScope: later.kind === "symbol" && /^[\])}]$/.test(later.text),
      });
      const comments = { leading: upcoming, trailing: between.trailing };
      upcoming = between.leading;
      return comments;
    },
    slice: (from, to) => text.slice(from, to),
  };
}
