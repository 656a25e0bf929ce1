/** A moment in milliseconds since 1970 after which nobody waits for the answer; `Infinity` when there is none. */
export type Deadline = number;

export const noDeadline: Deadline = Number.POSITIVE_INFINITY;

/** The earlier of a deadline handed down and one's own timeout counted from `nowMs`. */
export function deadlineFrom(nowMs: number, timeoutMs: number | undefined, inherited: Deadline = noDeadline): Deadline {
  return timeoutMs === undefined ? inherited : Math.min(inherited, nowMs + timeoutMs);
}

/**
 * The value of go-micro's `timeout` header in milliseconds; undefined when it is absent or no positive integer.
 * It counts nanoseconds, in decimal. A negative one means a deadline that had passed and is read as absent.
 */
export function parseTimeoutHeader(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d{1,19}$/.test(value)) return undefined;
  const nanoseconds = Number(value);
  return nanoseconds > 0 ? nanoseconds / 1e6 : undefined;
}

/** Milliseconds as go-micro's `timeout` header. */
export function formatTimeoutHeader(timeoutMs: number): string {
  return `${Math.max(1, Math.round(timeoutMs * 1e3))}000`;
}
