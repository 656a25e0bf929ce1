import type { IncomingCall } from "../protocol/protocol.ts";
import type { ReplyMetadata } from "../protocol/reply-metadata.ts";
import type { Deadline } from "../words/deadline.ts";
import type { Logger } from "../words/logger.ts";
import type { Metadata } from "../words/metadata.ts";

/** What a handler knows about the call it answers. */
export interface Context {
  /** `User.QueryUserByName`. */
  readonly endpoint: string;
  /** Headers of the call, keys in lower case. */
  readonly metadata: Metadata;
  /** When the caller stops waiting; `Infinity` when it never does. */
  readonly deadline: Deadline;
  /** Aborted when the caller gave up or the deadline passed. Hand it to whatever takes long. */
  readonly signal: AbortSignal;
  /** The caller's `host:port`. */
  readonly peer: string;
  readonly logger: Logger;
  /**
   * Adds headers to the reply, of one value or several a name; values of names that end in `-bin` are bytes in base64.
   * They leave with the first message, or before the error. Throws a TypeError for a name that the protocols keep for
   * themselves or that is no name, and an Error once the headers have left.
   */
  replyHeaders(metadata: ReplyMetadata): void;
  /**
   * Adds trailers, which follow the last message or come with the error. Trailers are gRPC's alone: callers over mucp
   * do not get them.
   */
  replyTrailers(metadata: ReplyMetadata): void;
}

/** A context over the call; a getter each, since most handlers ask for little. */
export class CallContext implements Context {
  readonly logger: Logger;
  readonly #call: IncomingCall;

  constructor(call: IncomingCall, logger: Logger) {
    this.#call = call;
    this.logger = logger;
  }

  get endpoint(): string {
    return this.#call.endpoint;
  }

  get metadata(): Metadata {
    return this.#call.metadata;
  }

  get deadline(): Deadline {
    return this.#call.deadline;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }

  get peer(): string {
    return this.#call.peer;
  }

  replyHeaders(metadata: ReplyMetadata): void {
    this.#call.replyHeaders(metadata);
  }

  replyTrailers(metadata: ReplyMetadata): void {
    this.#call.replyTrailers(metadata);
  }
}
