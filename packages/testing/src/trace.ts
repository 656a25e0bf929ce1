/** One thing that happened. */
export interface TraceEntry {
  /** Milliseconds since the fleet was made. */
  readonly atMs: number;
  /** `caller-1 → user-2 #7 request User.Query, 12 ms` */
  readonly text: string;
}

/** What happened, the newest last. */
export interface Trace {
  add(text: string): void;
  entries(): readonly TraceEntry[];
  /** The last `count` entries as lines, for people. */
  tail(count: number): string;
}

/** Keeps the newest `limit` entries. */
export function createTrace(elapsedMs: () => number, limit: number): Trace {
  let entries: TraceEntry[] = [];
  const kept = (): readonly TraceEntry[] => entries.slice(-limit);
  return {
    add(text) {
      entries.push({ atMs: elapsedMs(), text });
      // Cut in halves, since shifting one by one costs the length each time.
      if (entries.length >= 2 * limit) entries = entries.slice(-limit);
    },
    entries: kept,
    tail: (count) => kept().slice(-count).map(formatEntry).join("\n"),
  };
}

/** An entry as a line: the time, right-aligned, and what happened. */
export function formatEntry({ atMs, text }: TraceEntry): string {
  return `${String(Math.round(atMs)).padStart(8)} ms  ${text}`;
}
