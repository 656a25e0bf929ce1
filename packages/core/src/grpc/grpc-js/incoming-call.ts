import type { EventEmitter } from "node:events";
import type { IncomingHttpHeaders } from "node:http2";
import { Metadata } from "@grpc/grpc-js";
import { deadlinePassed } from "../../protocol/deadline-passed.ts";
import type { IncomingCall } from "../../protocol/protocol.ts";
import { headersAreSent, type ReplyMetadata, replyIsSent, withReplyMetadata } from "../../protocol/reply-metadata.ts";
import { type Deadline, parseTimeoutHeader } from "../../words/deadline.ts";
import type { Metadata as Headers } from "../../words/metadata.ts";
import { addAll, incomingHeaders, replyHeaders } from "./headers.ts";

/** The part of grpc-js's server call that is used here. */
export interface GrpcServerCall extends Pick<EventEmitter, "on"> {
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  sendMetadata(metadata: Metadata): void;
}

/** A call as the dispatcher sees it. What a handler may never ask for is made when it asks. */
export class GrpcIncomingCall implements IncomingCall {
  readonly endpoint: string;
  readonly contentType: string;
  readonly deadline: Deadline;
  readonly peer: string;
  readonly #call: GrpcServerCall;
  readonly #headers: IncomingHttpHeaders;
  #metadata: Headers | undefined;
  #signal: AbortSignal | undefined;
  #answered = false;
  #expired = false;
  #headersSent = false;
  #replyHeaders: readonly string[] | undefined;
  #replyTrailers: readonly string[] | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(call: GrpcServerCall, endpoint: string, headers: IncomingHttpHeaders, peer: string) {
    this.#call = call;
    this.#headers = headers;
    this.peer = peer;
    this.endpoint = endpoint;
    this.contentType = headers["content-type"] ?? "application/grpc";
    // Both headers may be there; go-micro's stays constant over retries while gRPC's shrinks, and the earlier holds.
    const timeoutMs = parseTimeoutHeader(headers.timeout as string | undefined);
    const grpcDeadline = Number(call.getDeadline());
    this.deadline = timeoutMs === undefined ? grpcDeadline : Math.min(grpcDeadline, Date.now() + timeoutMs);
  }

  get metadata(): Headers {
    this.#metadata ??= incomingHeaders(this.#headers, this.peer);
    return this.#metadata;
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#watchCancellation();
    return this.#signal;
  }

  /** Throws 408 when the handler was told that the deadline has passed: what it answered to that is no reply. */
  refuseExpired(): void {
    if (this.#expired) throw deadlinePassed(this.endpoint);
  }

  replyHeaders(metadata: ReplyMetadata): void {
    if (this.#headersSent) throw headersAreSent(this.endpoint);
    if (this.#call.cancelled) return;
    this.#replyHeaders = withReplyMetadata(this.#replyHeaders, metadata);
  }

  replyTrailers(metadata: ReplyMetadata): void {
    if (this.#answered) throw replyIsSent(this.endpoint); // grpc-js calls it cancelled from then on
    if (this.#call.cancelled) return;
    this.#replyTrailers = withReplyMetadata(this.#replyTrailers, metadata);
  }

  /** Sends the headers of the reply before anything else; those that say nothing of their own are left to grpc-js. */
  sendHeaders(): void {
    if (this.#headersSent) return;
    this.#headersSent = true;
    // The reply repeats the request's content type; grpc-js says `application/grpc+proto` unless told otherwise.
    if (this.#replyHeaders || this.contentType !== "application/grpc+proto")
      this.#call.sendMetadata(replyHeaders(this.#replyHeaders, this.contentType));
  }

  /** What the handler has given as trailers, added to these. */
  trailers(metadata: Metadata = new Metadata()): Metadata {
    return addAll(metadata, this.#replyTrailers);
  }

  /** From here on the end of the call is no cancellation, though grpc-js reports it as one. */
  answered(): void {
    this.#answered = true;
    clearTimeout(this.#timer);
  }

  #watchCancellation(): AbortSignal {
    const controller = new AbortController();
    const cancel = (): void => {
      if (!this.#answered) controller.abort();
    };
    if (this.#call.cancelled) cancel();
    else this.#call.on("cancelled", cancel);
    // grpc-js watches the deadline of `grpc-timeout`, and its cancellation tells of that one.
    if (this.deadline < Number(this.#call.getDeadline())) {
      const expire = (): void => {
        this.#expired = true;
        cancel();
      };
      this.#timer = setTimeout(expire, Math.max(0, Math.ceil(this.deadline - Date.now()))).unref();
    }
    return controller.signal;
  }
}
