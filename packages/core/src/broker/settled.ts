import { type Clock, sleep } from "../words/clock.ts";

/** Whether everything came to its end within `timeoutMs`. Rejects when one of them rejects. */
export async function settled(work: readonly Promise<unknown>[], timeoutMs: number, clock: Clock): Promise<boolean> {
  if (work.length === 0) return true;
  const done = new AbortController();
  const late = sleep(clock, timeoutMs, done.signal).then(
    () => false,
    () => true, // done before
  );
  try {
    return await Promise.race([Promise.all(work).then(() => true), late]);
  } finally {
    done.abort();
  }
}
