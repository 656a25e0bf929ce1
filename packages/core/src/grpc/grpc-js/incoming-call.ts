import type { EventEmitter } from "node:events";
import type { IncomingHttpHeaders } from "node:http2";
import type { Metadata } from "@grpc/grpc-js";
import type { IncomingCall } from "../../protocol/protocol.ts";
import { type Deadline, parseTimeoutHeader } from "../../words/deadline.ts";
import type { Metadata as Headers } from "../../words/metadata.ts";
import { incomingHeaders } from "./headers.ts";

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
      this.#timer = setTimeout(cancel, Math.max(0, Math.ceil(this.deadline - Date.now()))).unref();
    }
    return controller.signal;
  }
}
