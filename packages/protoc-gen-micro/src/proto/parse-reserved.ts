import { stringsText } from "./literal.ts";
import type { TokenStream } from "./token-stream.ts";

export interface NumberRange {
  readonly start: number;
  /** Within the range. */
  readonly end: number;
}

interface Bounds {
  readonly min: bigint;
  readonly max: bigint;
}

/** `reserved 2, 9 to 11;` or `reserved "name";`. */
export function parseReserved(tokens: TokenStream, bounds: Bounds): { ranges: NumberRange[]; names: string[] } {
  tokens.expect("reserved");
  const names: string[] = [];
  let ranges: NumberRange[] = [];
  if (tokens.peek().kind === "string") {
    do names.push(stringsText(tokens.strings("a name in quotes")));
    while (tokens.take(","));
  } else if (tokens.peek().kind === "identifier") {
    // Editions write names without quotes.
    do names.push(tokens.identifier("a name").text);
    while (tokens.take(","));
  } else {
    ranges = parseRanges(tokens, bounds);
  }
  tokens.endDeclaration(";");
  return { ranges, names };
}

/** `2, 9 to 11, 100 to max`. */
export function parseRanges(tokens: TokenStream, bounds: Bounds): NumberRange[] {
  const ranges: NumberRange[] = [];
  do {
    const first = tokens.peek();
    const start = parseBound(tokens, bounds);
    const end = tokens.take("to") ? (tokens.take("max") ? Number(bounds.max) : parseBound(tokens, bounds)) : start;
    if (end < start) tokens.fail(first, `found a range from ${start} to ${end}, which ends before it begins`);
    ranges.push({ start, end });
  } while (tokens.take(","));
  return ranges;
}

function parseBound(tokens: TokenStream, { min, max }: Bounds): number {
  const sign = min < 0n && tokens.take("-") ? -1n : 1n;
  const { value, token } = tokens.integer("a number");
  const number = sign * value;
  if (number < min || number > max) tokens.fail(token, `found ${number}, expected a number from ${min} to ${max}`);
  return Number(number);
}
