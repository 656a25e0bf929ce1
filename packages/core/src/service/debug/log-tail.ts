import type { LogOutput } from "../../words/log-output.ts";

/** One line as it was written, and when. */
export interface LoggedLine {
  readonly atMs: number;
  readonly text: string;
}

export interface LogTail extends LogOutput {
  /** The lines kept, oldest first. */
  lines(): readonly LoggedLine[];
  /** Yields every further line until `signal` is aborted; a reader more than `keep` lines behind loses the oldest. */
  follow(signal: AbortSignal): AsyncIterable<LoggedLine>;
}

/** Passes lines on to `output` and keeps the last of them. */
export function logTail(output: LogOutput, now: () => number, keep = 1_024): LogTail {
  const kept: LoggedLine[] = [];
  const followers = new Set<(line: LoggedLine) => void>();

  async function* follow(signal: AbortSignal): AsyncGenerator<LoggedLine, void, undefined> {
    const behind: LoggedLine[] = [];
    let wake = (): void => undefined;
    const follower = (line: LoggedLine): void => {
      behind.push(line);
      if (behind.length > keep) behind.shift();
      wake();
    };
    const onAbort = (): void => wake();
    followers.add(follower);
    signal.addEventListener("abort", onAbort);
    try {
      while (!signal.aborted) {
        const line = behind.shift();
        if (line) yield line;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      followers.delete(follower);
      signal.removeEventListener("abort", onAbort);
    }
  }

  return {
    write(text) {
      output.write(text);
      const line = { atMs: now(), text: text.trimEnd() };
      kept.push(line);
      if (kept.length > keep) kept.shift();
      for (const follower of followers) follower(line);
    },
    flush: async () => output.flush?.(),
    flushSync: () => output.flushSync?.(),
    lines: () => kept,
    follow,
  };
}
