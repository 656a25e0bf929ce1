/** A piece of a .proto file that has a meaning of its own. */
export interface Token {
  readonly kind: "identifier" | "integer" | "float" | "string" | "symbol" | "end";
  /** As written in the file; empty at its end. */
  readonly text: string;
  /** Where it begins in the file, and behind its last character, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
}

/** What an error says was found. */
export function describeToken({ kind, text }: Token): string {
  return kind === "end" ? "the end of the file" : kind === "string" ? text : `\`${text}\``;
}
