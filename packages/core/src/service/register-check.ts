import { type Clock, sleep } from "../words/clock.ts";
import { MicroError } from "../words/errors.ts";

/** Throws while a service should not be found, such as one whose database is away. The signal is aborted when it is not waited for any longer. */
export type RegisterCheck = (signal: AbortSignal) => void | Promise<void>;

/** A check that takes longer counts as failed, since a registration that waits for it would run out. */
export const checkTimeoutMs = 10_000;

/** Why the check failed, in a sentence; undefined when it did not, or when `signal` was aborted meanwhile. */
export async function runCheck(check: RegisterCheck, clock: Clock, signal: AbortSignal): Promise<string | undefined> {
  const giveUp = new AbortController();
  const either = AbortSignal.any([signal, giveUp.signal]);
  const late = sleep(clock, checkTimeoutMs, either).then(
    () => `no answer within ${checkTimeoutMs / 1_000} s`,
    () => undefined, // the check was faster, or the service stops
  );
  const outcome = (async () => check(either))().then(
    () => undefined,
    (reason: unknown) => (signal.aborted ? undefined : sentence(reason)),
  );
  try {
    return await Promise.race([outcome, late]);
  } finally {
    giveUp.abort();
  }
}

function sentence(reason: unknown): string {
  if (reason instanceof MicroError) return reason.detail;
  return reason instanceof Error ? reason.message : String(reason);
}
