import { setTimeout as pause } from "node:timers/promises";

/** Asks again until the answer passes; then gives it. After a minute what the last answer failed of comes out. */
export async function eventually<T>(ask: () => Promise<T>, check: (answer: T) => void): Promise<T> {
  const end = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    try {
      check(answer);
      return answer;
    } catch (reason) {
      if (Date.now() > end) throw reason;
    }
    await pause(100);
  }
}
