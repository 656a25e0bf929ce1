const stopping = ["SIGTERM", "SIGINT", "SIGQUIT"] as const;
const numbers = { SIGTERM: 15, SIGINT: 2, SIGQUIT: 3 };

/** Resolves at the first signal that asks the process to stop. The next one ends it at once, with the shell's exit code. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of stopping) {
      process.on(signal, () => {
        if (asked) process.exit(128 + numbers[signal]);
        asked = true;
        resolve(signal);
      });
    }
  });
}
