import { receivedMetadata } from "../grpc/headers.ts";
import { endpointOf as endpointOfPath } from "../grpc/path.ts";
import type { CallTarget, IncomingCall, OutgoingCall } from "../protocol/protocol.ts";
import {
  headersAreSent,
  joined,
  type ReplyMetadata,
  replyIsSent,
  withReplyMetadata,
} from "../protocol/reply-metadata.ts";
import type { Clock } from "../words/clock.ts";
import type { Deadline } from "../words/deadline.ts";
import { cancelled, type MicroError } from "../words/errors.ts";
import type { Metadata } from "../words/metadata.ts";
import { clientId, deadlineExceeded } from "./failures.ts";

/** The calls of one server that are under way. */
export interface RunningCalls {
  readonly calls: ReadonlySet<LocalCall>;
  add(call: LocalCall): void;
  remove(call: LocalCall): void;
  /** Resolves when there are none. */
  none(): Promise<void>;
}

export function runningCalls(): RunningCalls {
  const calls = new Set<LocalCall>();
  let waiting: (() => void)[] = [];
  return {
    calls,
    add: (call) => calls.add(call),
    remove(call) {
      if (!calls.delete(call) || calls.size > 0 || waiting.length === 0) return;
      for (const each of waiting) each();
      waiting = [];
    },
    none: () => (calls.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}

/** One call within the process: what the handler sees of it, and what ends it before its time. */
export class LocalCall implements IncomingCall {
  readonly target: CallTarget;
  readonly endpoint: string;
  readonly contentType: string;
  readonly deadline: Deadline;
  /** Loopback without a port, since there is no socket. */
  readonly peer = "127.0.0.1:0";
  /** Told why, when the call ends without an answer. */
  onCutOff: ((error: MicroError) => void) | undefined;
  readonly #call: OutgoingCall;
  readonly #clock: Clock;
  readonly #running: RunningCalls;
  #metadata: Metadata | undefined;
  #cancellation: AbortController | undefined;
  #cancelTimer: (() => void) | undefined;
  #onAbort: (() => void) | undefined;
  #goesOn = false;
  #over = false;
  #cutOff = false;
  /** What the handler adds to the reply; undefined for most. */
  #replyHeaders: readonly string[] | undefined;
  #replyTrailers: readonly string[] | undefined;
  #headersSent = false;

  constructor(call: OutgoingCall, clock: Clock, running: RunningCalls) {
    const { target, deadline } = call;
    this.target = target;
    this.endpoint = endpointOf(target);
    this.contentType = target.contentType;
    this.deadline = deadline;
    this.#call = call;
    this.#clock = clock;
    this.#running = running;
  }

  /** Until here the call was made in one go, in which nothing can come between. From now on it can be cut off. */
  goOn(): void {
    if (this.#over) return;
    this.#goesOn = true;
    this.#running.add(this);
    const { signal } = this.#call;
    if (!signal) return;
    this.#onAbort = () => this.cutOff(cancelled(clientId, "call cancelled"));
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  get metadata(): Metadata {
    this.#metadata ??= receivedMetadata(this.#call, this.peer);
    return this.#metadata;
  }

  get signal(): AbortSignal {
    if (!this.#cancellation) {
      this.#cancellation = new AbortController();
      if (this.#cutOff) this.#cancellation.abort();
    }
    return this.#cancellation.signal;
  }

  replyHeaders(metadata: ReplyMetadata): void {
    if (this.#cutOff) return;
    if (this.#headersSent) throw headersAreSent(this.endpoint);
    this.#replyHeaders = withReplyMetadata(this.#replyHeaders, metadata);
  }

  replyTrailers(metadata: ReplyMetadata): void {
    if (this.#cutOff) return;
    if (this.#over) throw replyIsSent(this.endpoint);
    this.#replyTrailers = withReplyMetadata(this.#replyTrailers, metadata);
  }

  /** Tells the caller the headers of the reply; once, before its first message. */
  sendHeaders(): void {
    if (this.#headersSent) return;
    this.#headersSent = true;
    this.#call.onHeaders?.(joined(this.#replyHeaders ?? []));
  }

  /** Ends the call with what the handler gave or threw; false when it was over already. */
  answer(failed: boolean): boolean {
    if (!this.end()) return false;
    if (!failed || this.#replyHeaders) this.sendHeaders();
    if (this.#replyTrailers) this.#call.onTrailers?.(joined(this.#replyTrailers));
    return true;
  }

  /** Ends the call when its deadline passes; asked for once the call has taken longer than a turn of the event loop. */
  watchDeadline(): void {
    if (this.#cancelTimer || this.deadline === Number.POSITIVE_INFINITY) return;
    const ms = Math.max(0, Math.min(this.deadline - this.#clock.now(), longestTimerMs));
    this.#cancelTimer = this.#clock.after(ms, () => {
      this.#cancelTimer = undefined;
      // A deadline further off than a timer reaches is waited for in portions.
      if (this.#clock.now() < this.deadline) this.watchDeadline();
      else this.cutOff(deadlineExceeded(this.target));
    });
  }

  get over(): boolean {
    return this.#over;
  }

  /** The call is over; false when it was already. */
  end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    if (this.#goesOn) {
      this.#running.remove(this);
      this.#cancelTimer?.();
      if (this.#onAbort) this.#call.signal?.removeEventListener("abort", this.#onAbort);
    }
    return true;
  }

  /** Ends the call without an answer: the caller gets the error, the handler is told to stop. */
  cutOff(error: MicroError): void {
    if (!this.end()) return;
    this.#cutOff = true;
    this.onCutOff?.(error);
    this.#cancellation?.abort();
  }
}

/** `Handler.Method`, also of an endpoint that is a complete path. */
export function endpointOf({ endpoint }: CallTarget): string {
  return endpoint.startsWith("/") ? (endpointOfPath(endpoint) ?? endpoint) : endpoint;
}

const longestTimerMs = 2 ** 31 - 1;
