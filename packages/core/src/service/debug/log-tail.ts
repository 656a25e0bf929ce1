import type { LogOutput } from "../../words/log-output.ts";

/** One line as it was written, and when. */
export interface LoggedLine {
  readonly atMs: number;
  readonly text: string;
}

export interface LogTail extends LogOutput {
  /** The lines kept, oldest first. */
  lines(): readonly LoggedLine[];
  /** Yields every line from now until `signal` is aborted; a reader more than `keep` lines behind loses the oldest. */
  follow(signal: AbortSignal): AsyncIterable<LoggedLine>;
}

/** Passes lines on to `output` and keeps the last of them. */
export function logTail(output: LogOutput, now: () => number, keep = 1_024): LogTail {
  const kept: LoggedLine[] = [];
  const followers = new Set<(line: LoggedLine) => void>();

  // Not a generator as a whole, which would begin to listen only when the first line is asked for.
  function follow(signal: AbortSignal): AsyncGenerator<LoggedLine, void, undefined> {
    const behind: LoggedLine[] = [];
    let wake = (): void => undefined;
    const follower = (line: LoggedLine): void => {
      behind.push(line);
      if (behind.length > keep) behind.shift();
      wake();
    };
    const stop = (): void => {
      followers.delete(follower);
      signal.removeEventListener("abort", stop);
      wake();
    };
    if (!signal.aborted) {
      followers.add(follower);
      signal.addEventListener("abort", stop);
    }

    async function* further(): AsyncGenerator<LoggedLine, void, undefined> {
      try {
        for (;;) {
          const line = behind.shift();
          if (line) yield line;
          else if (signal.aborted) return;
          else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        stop();
      }
    }
    return further();
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
