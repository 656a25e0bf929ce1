import { deadlinePassed } from "../protocol/deadline-passed.ts";
import type { IncomingCall } from "../protocol/protocol.ts";
import {
  headersAreSent,
  joined,
  type ReplyMetadata,
  replyIsSent,
  withReplyMetadata,
} from "../protocol/reply-metadata.ts";
import type { Message } from "../transport/transport.ts";
import { type Deadline, noDeadline, parseTimeoutHeader } from "../words/deadline.ts";
import type { Metadata } from "../words/metadata.ts";
import { atDeadline } from "./expiry.ts";
import type { CallRequest } from "./read-request.ts";

/** Where a call came in, as far as the call needs to know. */
export interface CallOrigin {
  readonly local: string;
  readonly remote: string;
  readonly isClosed: boolean;
  /** Called when the caller is gone. */
  readonly onGone: Set<() => void>;
}

/** A call as the dispatcher sees it. What a handler may never ask for is made when it asks. */
export class MucpIncomingCall implements IncomingCall {
  readonly endpoint: string;
  readonly contentType: string;
  readonly deadline: Deadline;
  readonly #request: CallRequest;
  readonly #origin: CallOrigin;
  #metadata: Metadata | undefined;
  #controller: AbortController | undefined;
  #stopTimer: (() => void) | undefined;
  #answered = false;
  #expired = false;
  #headersSent = false;
  #replyHeaders: readonly string[] | undefined;

  constructor(request: CallRequest, origin: CallOrigin) {
    this.#request = request;
    this.#origin = origin;
    this.endpoint = request.endpoint;
    this.contentType = request.bodyType;
    const timeoutMs = parseTimeoutHeader(request.headers.timeout);
    this.deadline = timeoutMs === undefined ? noDeadline : Date.now() + timeoutMs;
  }

  get peer(): string {
    return this.#origin.remote;
  }

  get metadata(): Metadata {
    if (!this.#metadata) {
      const { local, remote } = this.#origin;
      this.#metadata = Object.assign(Object.create(null) as Metadata, this.#request.headers, { local, remote });
    }
    return this.#metadata;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#origin.isClosed && !this.#answered) this.#cancel();
      else if (!this.#answered) {
        this.#origin.onGone.add(this.#cancel);
        this.#stopTimer = atDeadline(this.deadline, this.#expire);
      }
    }
    return this.#controller.signal;
  }

  /** Throws 408 when the handler was told that the deadline has passed: what it answered to that is no reply. */
  refuseExpired(): void {
    if (this.#expired) throw deadlinePassed(this.endpoint);
  }

  replyHeaders(metadata: ReplyMetadata): void {
    if (this.#origin.isClosed) return;
    if (this.#headersSent) throw headersAreSent(this.endpoint);
    this.#replyHeaders = withReplyMetadata(this.#replyHeaders, metadata);
  }

  /** There is no place for them on this wire: what comes after the last message is told by no header of its own. */
  replyTrailers(metadata: ReplyMetadata): void {
    if (this.#origin.isClosed) return;
    if (this.#answered) throw replyIsSent(this.endpoint);
    withReplyMetadata(undefined, metadata);
  }

  /** The first message of the reply with the handler's headers on it; later ones as they are. */
  withHeaders(reply: Message): Message {
    if (this.#headersSent) return reply;
    this.#headersSent = true;
    return this.#replyHeaders ? { ...reply, headers: { ...joined(this.#replyHeaders), ...reply.headers } } : reply;
  }

  /** From here on nothing that happens to the connection is a cancellation. */
  answered(): void {
    this.#answered = true;
    this.#stopTimer?.();
    this.#origin.onGone.delete(this.#cancel);
  }

  readonly #expire = (): void => {
    this.#expired = true;
    this.#cancel();
  };

  readonly #cancel = (): void => {
    this.answered();
    this.#controller?.abort();
  };
}
