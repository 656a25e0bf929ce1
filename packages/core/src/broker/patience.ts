import { type Clock, sleep } from "../words/clock.ts";
import { cancelled, timeout } from "../words/errors.ts";
import type { PublishOptions } from "./broker.ts";
import { brokerId } from "./checks.ts";

/** How long a publish waits when its caller does not say. */
export const defaultPublishTimeoutMs = 5_000;

/**
 * Runs `work` with a signal that is aborted when the publisher's timeout passes (reason 408) or its own signal is
 * aborted (499). The signal, and with it the timer, is made when it is first asked for: most publishing waits for nothing.
 */
export async function withPatience<T>(
  { timeoutMs = defaultPublishTimeoutMs, signal }: PublishOptions,
  topic: string,
  clock: Clock,
  work: (signal: () => AbortSignal) => T | Promise<T>,
): Promise<T> {
  const given = (): Error => cancelled(brokerId, `publishing to topic ${topic} was cancelled`);
  if (signal?.aborted) throw given();
  let done: AbortController | undefined;
  let giveUp: AbortController | undefined;
  const onAbort = (): void => giveUp?.abort(given());

  function makeSignal(): AbortSignal {
    if (giveUp) return giveUp.signal;
    const controller = new AbortController();
    giveUp = controller;
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const late = timeout(
      brokerId,
      `publishing to topic ${topic} took longer than ${timeoutMs} ms: a subscriber is too far behind, or the registry does not answer`,
    );
    done = new AbortController();
    sleep(clock, timeoutMs, done.signal).then(
      () => controller.abort(late),
      () => undefined, // done before
    );
    return controller.signal;
  }

  try {
    return await work(makeSignal);
  } finally {
    signal?.removeEventListener("abort", onAbort);
    done?.abort();
  }
}

/** What `work` gives, or a rejection with the signal's reason when it is aborted first. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
