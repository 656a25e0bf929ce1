import {
  type Clock,
  type Deadline,
  headersAreSent,
  type IncomingCall,
  joinedReplyMetadata,
  type Metadata,
  noDeadline,
  type OutgoingCall,
  type ReplyMetadata,
  receivedMetadata,
  replyIsSent,
  withReplyMetadata,
} from "@micro/core";

/** What goes along with a message of a reply; headers with the first. */
export interface ReplyParts {
  readonly headers?: Metadata;
  readonly trailers?: Metadata;
}

/** What the dispatcher sees of a call that arrived. */
export class ServedCall implements IncomingCall {
  readonly endpoint: string;
  readonly contentType: string;
  readonly metadata: Metadata;
  readonly deadline: Deadline;
  readonly peer: string;
  /** Nobody waits for the answer any more. */
  cancelled = false;
  /** Told when that happens. */
  onCancel: (() => void) | undefined;
  readonly #clock: Clock;
  #cancellation: AbortController | undefined;
  #stopTimer: (() => void) | undefined;
  #headers: readonly string[] | undefined;
  #trailers: readonly string[] | undefined;
  #headersSent = false;
  #ended = false;

  /** `leftMs` is how long the caller had still to wait when it sent the call. */
  constructor(call: OutgoingCall, endpoint: string, leftMs: number, peer: string, clock: Clock) {
    this.endpoint = endpoint;
    this.contentType = call.target.contentType;
    this.metadata = receivedMetadata(call, peer);
    this.deadline = leftMs === noDeadline ? noDeadline : clock.now() + leftMs;
    this.peer = peer;
    this.#clock = clock;
  }

  get signal(): AbortSignal {
    if (!this.#cancellation) {
      this.#cancellation = new AbortController();
      if (this.cancelled) this.#cancellation.abort();
      else this.#watchDeadline();
    }
    return this.#cancellation.signal;
  }

  /** The caller gave up, went away, or the deadline passed. */
  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    this.#stopTimer?.();
    this.#cancellation?.abort();
    this.onCancel?.();
  }

  replyHeaders(metadata: ReplyMetadata): void {
    if (this.cancelled) return;
    if (this.#headersSent) throw headersAreSent(this.endpoint);
    this.#headers = withReplyMetadata(this.#headers, metadata);
  }

  replyTrailers(metadata: ReplyMetadata): void {
    if (this.cancelled) return;
    if (this.#ended) throw replyIsSent(this.endpoint);
    this.#trailers = withReplyMetadata(this.#trailers, metadata);
  }

  /** What goes along with a message. */
  beginReply(): ReplyParts {
    if (this.#headersSent) return {};
    this.#headersSent = true;
    return { headers: joinedReplyMetadata(this.#headers ?? []) };
  }

  /** What goes along with the end; that of a failure has no headers unless the handler gave some. */
  endReply(failed: boolean): ReplyParts {
    const headers = failed && !this.#headers ? {} : this.beginReply();
    this.#headersSent = true;
    this.#ended = true;
    return { ...headers, ...(this.#trailers && { trailers: joinedReplyMetadata(this.#trailers) }) };
  }

  /** The call is answered. */
  end(): void {
    this.#ended = true;
    this.#stopTimer?.();
  }

  #watchDeadline(): void {
    const ms = this.deadline - this.#clock.now();
    if (ms >= 2 ** 31) return;
    this.#stopTimer = this.#clock.after(ms, () => this.cancel());
  }
}
