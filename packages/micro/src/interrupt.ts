const stopping = ["SIGINT", "SIGTERM", "SIGQUIT"] as const;
const numbers = { SIGINT: 2, SIGTERM: 15, SIGQUIT: 3 };

/** Aborted by the first signal that asks the process to stop; the next one ends it at once. `release` gives the signals back. */
export function interruption(): { readonly signal: AbortSignal; release(): void } {
  const asked = new AbortController();
  const onSignal = (name: (typeof stopping)[number]): void => {
    if (asked.signal.aborted) process.exit(128 + numbers[name]);
    asked.abort();
  };
  for (const name of stopping) process.on(name, onSignal);
  return {
    signal: asked.signal,
    release() {
      for (const name of stopping) process.off(name, onSignal);
    },
  };
}
