const stopping = ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"] as const;

/** Two wishes of the person at the keyboard: the first signal asks for an orderly end, the second for a quick one. */
export interface Stopped {
  readonly stopping: AbortSignal;
  readonly hurry: AbortSignal;
  /** Gives the signals back. */
  release(): void;
}

export function untilStopped(): Stopped {
  const first = new AbortController();
  const second = new AbortController();
  const onSignal = (): void => (first.signal.aborted ? second : first).abort();
  for (const name of stopping) process.on(name, onSignal);
  return {
    stopping: first.signal,
    hurry: second.signal,
    release() {
      for (const name of stopping) process.off(name, onSignal);
    },
  };
}
