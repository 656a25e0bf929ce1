import { watchFolders } from "../run-services/changes.ts";

export interface Watching {
  /** Aborted when there has been enough of it. */
  readonly signal: AbortSignal;
  say(text: string): void;
}

/** Runs `work`, and again each time that a proto file below one of these folders has changed, until the signal. */
export async function onChanges(
  folders: readonly string[],
  work: () => Promise<void>,
  { signal, say }: Watching,
): Promise<void> {
  // Watching first: a change between the first work and the first wait would otherwise be lost.
  const changes = watchFolders(folders, say, { only: /\.proto$/ });
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  try {
    await work();
    say(`watching the proto files in ${folders.join(", ")}; Ctrl-C ends`);
    for (;;) {
      const file = await Promise.race([changes.next(), stopped]);
      if (file === undefined) return;
      changes.take();
      say(`${file} changed`);
      await work();
    }
  } finally {
    changes.close();
  }
}
