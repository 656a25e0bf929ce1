import type { OutgoingCall } from "../protocol/protocol.ts";
import { type Deadline, noDeadline } from "../words/deadline.ts";
import { cancelled, type MicroError, timeout } from "../words/errors.ts";

/** Calls `onExpired` once with 408 when the deadline passes, or with 499 when the signal is aborted; the answer stops the watch. */
export function watchExpiry(
  { deadline, signal, target }: Pick<OutgoingCall, "deadline" | "signal" | "target">,
  onExpired: (error: MicroError) => void,
): () => void {
  if (deadline === noDeadline && !signal) return nothingToStop;
  const stopTimer = atDeadline(deadline, () => expire(outOfTime(target.endpoint, target.service)));
  const onAbort = (): void => expire(cancelled("go.micro.client", "call cancelled"));
  signal?.addEventListener("abort", onAbort, { once: true });
  const stop = (): void => {
    stopTimer();
    signal?.removeEventListener("abort", onAbort);
  };
  const expire = (error: MicroError): void => {
    stop();
    onExpired(error);
  };
  return stop;
}

/** Throws what `watchExpiry` would tell at once. */
export function refuseExpired({ deadline, signal, target }: OutgoingCall): void {
  if (signal?.aborted) throw cancelled("go.micro.client", "call cancelled");
  if (deadline <= Date.now()) throw outOfTime(target.endpoint, target.service);
}

/** Runs `action` when the deadline has passed; the answer cancels it. */
export function atDeadline(deadline: Deadline, action: () => void): () => void {
  if (deadline === noDeadline) return nothingToStop;
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const left = Math.ceil(deadline - Date.now());
    timer = left > longestTimerMs ? setTimeout(arm, longestTimerMs) : setTimeout(action, Math.max(0, left));
  };
  arm();
  return () => clearTimeout(timer);
}

function outOfTime(endpoint: string, service: string): MicroError {
  return timeout("go.micro.client", `context deadline exceeded calling ${endpoint} of ${service}`);
}

const longestTimerMs = 2 ** 31 - 1;

function nothingToStop(): void {
  return;
}
