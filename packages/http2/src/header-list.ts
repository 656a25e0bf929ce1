import type { Findings, Verdict } from "./check-headers.ts";

/**
 * Fields as they go in: name, value, name, value, …; names in lower case, one byte a character (values may use the
 * characters up to `\xff`, which stand for the bytes of that number).
 */
export type Fields = readonly string[];

/**
 * The header or trailer fields of a message, as received.
 *
 * A peer that sends the same block of bytes again is given the same object again, so what is derived from it can be
 * kept in `memo` and found there the next time. It is shared: never change it.
 */
export class HeaderList {
  /** Name, value, name, value, … in the order received; values keep one character a byte. */
  readonly fields: Fields;
  /** The fields took more than the limit; those that came after are missing. */
  readonly tooLarge: boolean;
  /**
   * The fields that this list begins with, where other blocks of the peer begin with the same: the calls of one endpoint that
   * differ by an id at the end share it. What follows from these fields alone can be kept in its `memo`.
   */
  readonly base: HeaderList | undefined;
  /** Room for one thing that a consumer derived from this list. */
  memo: unknown = undefined;
  /** @internal What the check of this list found, kept for the next time. */
  verdict: Verdict | undefined = undefined;
  /** @internal What the check of lists that begin with this one found in it. */
  findings: Findings | undefined = undefined;

  constructor(fields: Fields, tooLarge = false, base?: HeaderList) {
    this.fields = fields;
    this.tooLarge = tooLarge;
    this.base = base;
  }

  /** The value of the first field with this name, in lower case. */
  get(name: string): string | undefined {
    const fields = this.fields;
    for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1];
    return undefined;
  }

  /** Every field in turn. */
  *[Symbol.iterator](): Generator<[name: string, value: string]> {
    for (let i = 0; i + 1 < this.fields.length; i += 2) yield [this.fields[i] ?? "", this.fields[i + 1] ?? ""];
  }
}
