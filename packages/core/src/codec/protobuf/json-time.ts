/** Seconds and billionths, as in `google.protobuf.Timestamp` and `Duration`. */
export interface Instant {
  readonly seconds: bigint;
  readonly nanos: number;
}

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z
const firstSecond = -62_135_596_800n;
const lastSecond = 253_402_300_799n;
// About 10,000 years.
const longestSeconds = 315_576_000_000n;

/** RFC 3339 in UTC with 0, 3, 6 or 9 decimals; `undefined` when out of the range of the years 1 to 9999. */
export function timestampToText({ seconds, nanos }: Instant): string | undefined {
  if (seconds < firstSecond || seconds > lastSecond || nanos < 0 || nanos > 999_999_999) return undefined;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${decimals(nanos)}Z`;
}

/** The moment of an RFC 3339 text; `undefined` when it is none. */
export function timestampFromText(text: string): Instant | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/.exec(text);
  if (parts === null) return undefined;
  const [, date, time, fraction = "", sign, hours, minutes] = parts;
  const local = Date.parse(`${date}T${time}Z`);
  // Date reads the 31st of February and 24 o'clock as the day after.
  if (Number.isNaN(local) || new Date(local).toISOString().slice(0, 19) !== `${date}T${time}`) return undefined;
  if (Number(hours ?? 0) > 23 || Number(minutes ?? 0) > 59) return undefined;
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === "-" ? -60 : 60);
  const seconds = BigInt(local / 1000 - offset);
  if (seconds < firstSecond || seconds > lastSecond) return undefined;
  return { seconds, nanos: Number(fraction.padEnd(9, "0")) };
}

/** Seconds with 0, 3, 6 or 9 decimals and an `s`; `undefined` when out of range or the signs differ. */
export function durationToText({ seconds, nanos }: Instant): string | undefined {
  if (seconds < -longestSeconds || seconds > longestSeconds || Math.abs(nanos) > 999_999_999) return undefined;
  if ((seconds > 0n && nanos < 0) || (seconds < 0n && nanos > 0)) return undefined;
  const negative = seconds < 0n || nanos < 0;
  return `${negative ? "-" : ""}${seconds < 0n ? -seconds : seconds}${decimals(Math.abs(nanos))}s`;
}

/** The span of a text like `-1.5s`; `undefined` when it is none. */
export function durationFromText(text: string): Instant | undefined {
  const parts = /^([+-]?)(\d{0,12})(?:\.(\d{0,9}))?s$/.exec(text);
  if (parts === null) return undefined;
  const [, sign, whole = "", fraction = ""] = parts;
  // Go reads `.5s` and `5.s` as well.
  if (whole + fraction === "") return undefined;
  const seconds = BigInt(whole);
  const nanos = Number(fraction.padEnd(9, "0"));
  if (seconds > longestSeconds) return undefined;
  return sign === "-" ? { seconds: -seconds, nanos: nanos === 0 ? 0 : -nanos } : { seconds, nanos };
}

function decimals(nanos: number): string {
  if (nanos === 0) return "";
  const digits = String(nanos).padStart(9, "0");
  return `.${digits.endsWith("000000") ? digits.slice(0, 3) : digits.endsWith("000") ? digits.slice(0, 6) : digits}`;
}
