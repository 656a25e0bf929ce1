import type { Deadline } from "../../words/deadline.ts";

/** A call that may have to end before its answer has come. */
export interface LimitedCall {
  readonly deadline: Deadline;
  /** The deadline has passed. */
  expire(): void;
  /** The caller has aborted its signal. */
  abort(): void;
}

// A timer and a listener for each call would cost three times as much, and Node warns of more than ten listeners.
const timed = new Set<LimitedCall>();
let timer: NodeJS.Timeout | undefined;
/** The moment for which the timer is set; calls that end before leave it as it is. */
let timerAt = Number.POSITIVE_INFINITY;

const longestTimerMs = 2 ** 31 - 1;

/** Tells the call when its deadline has passed, unless `ended` comes first. One timer serves all calls of the process. */
export function watchDeadline(call: LimitedCall): void {
  if (call.deadline === Number.POSITIVE_INFINITY) return;
  if (timed.size === 0) timer?.ref();
  timed.add(call);
  if (call.deadline < timerAt) setTimer(call.deadline);
}

/** Whether or not the call had a deadline. */
export function endWatch(call: LimitedCall): void {
  // The timer waits for nobody, and lets the process end.
  if (timed.delete(call) && timed.size === 0) timer?.unref();
}

function setTimer(at: Deadline): void {
  clearTimeout(timer);
  timerAt = at;
  // A deadline further off than a timer reaches is waited for in portions.
  timer = setTimeout(expireDue, Math.min(at - Date.now(), longestTimerMs));
}

function expireDue(): void {
  timer = undefined;
  timerAt = Number.POSITIVE_INFINITY;
  const now = Date.now();
  const due: LimitedCall[] = [];
  let next = Number.POSITIVE_INFINITY;
  for (const call of timed) {
    // A timer may come a moment early.
    if (call.deadline - now <= 1) due.push(call);
    else if (call.deadline < next) next = call.deadline;
  }
  for (const call of due) timed.delete(call);
  if (next !== Number.POSITIVE_INFINITY) setTimer(next);
  for (const call of due) call.expire();
}

const bySignal = new WeakMap<AbortSignal, Set<LimitedCall>>();

/** Tells the call when its signal is aborted, until `ignoreSignal`. One listener, which stays, serves all calls of a signal. */
export function watchSignal(signal: AbortSignal, call: LimitedCall): void {
  const known = bySignal.get(signal);
  if (known) {
    known.add(call);
    return;
  }
  const calls = new Set([call]);
  bySignal.set(signal, calls);
  signal.addEventListener(
    "abort",
    () => {
      for (const each of calls) each.abort();
    },
    { once: true },
  );
}

export function ignoreSignal(signal: AbortSignal, call: LimitedCall): void {
  bySignal.get(signal)?.delete(call);
}
