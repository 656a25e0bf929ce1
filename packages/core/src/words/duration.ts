export interface DurationOptions {
  /** Whether a span may point backwards. @default true */
  negative?: boolean;
}

// A microsecond is written with either of two letters that look alike: the micro sign and the Greek mu.
const unitNanoseconds: ReadonlyMap<string, number> = new Map([
  ["ns", 1],
  ["us", 1e3],
  ["\u00b5s", 1e3],
  ["\u03bcs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
  ["m", 6e10],
  ["h", 3.6e12],
]);

/**
 * Milliseconds of a duration as Go writes it: numbers with units, largest first by custom but in any order, such as
 * `300ms`, `1.5h`, `2h45m` or `-5s`; `0` needs no unit. Parts finer than a millisecond stay as a fraction, down to the nanosecond.
 *
 * Throws a `RangeError` whose sentence names the text and what was expected.
 * Source: Go `time.ParseDuration`.
 */
export function parseDuration(text: string, { negative = true }: DurationOptions = {}): number {
  const [, sign = "", body = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const ms = body === "0" ? 0 : sum(text, body);
  if (sign !== "-" || ms === 0) return ms;
  if (!negative) throw new RangeError(`${JSON.stringify(text)} is negative; expected a duration of 0 or more`);
  return -ms;
}

/**
 * The shortest form that `parseDuration`, and Go, read back as `ms`: `1h30m`, `1m`, `1.5s`, `300ms`, `250us`.
 * Finer parts than a nanosecond are rounded away.
 */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  const nanoseconds = Math.round(ms * 1e6);
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}us`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const hours = Math.floor(nanoseconds / 3.6e12);
  const minutes = Math.floor((nanoseconds % 3.6e12) / 6e10);
  const seconds = (nanoseconds % 6e10) / 1e9;
  return `${hours ? `${hours}h` : ""}${minutes ? `${minutes}m` : ""}${seconds ? `${seconds}s` : ""}`;
}

function sum(text: string, body: string): number {
  let nanoseconds = 0;
  let rest = body;
  do {
    const [part, number = "", unit = ""] = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest) ?? [];
    if (part === undefined) throw malformed(text, "is no duration");
    if (unit === "") throw malformed(text, "lacks a unit");
    const each = unitNanoseconds.get(unit);
    if (each === undefined) throw malformed(text, `has the unknown unit ${JSON.stringify(unit)}`);
    // 1.001 s is no exact binary number; in whole nanoseconds it becomes one again.
    nanoseconds += Math.round(Number(number) * each);
    rest = rest.slice(part.length);
  } while (rest !== "");
  // Go keeps them in 63 bits, about 292 years.
  if (nanoseconds > 2 ** 63) throw malformed(text, "is too long");
  return nanoseconds / 1e6;
}

function malformed(text: string, problem: string): RangeError {
  return new RangeError(
    `${JSON.stringify(text)} ${problem}; expected a duration such as 300ms, 5s, 1m30s or 1.5h (units ns, us, ms, s, m, h)`,
  );
}
