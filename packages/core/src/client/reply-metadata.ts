import type { OutgoingCall } from "../protocol/protocol.ts";
import type { Metadata } from "../words/metadata.ts";
import type { CallOptions } from "./client.ts";

type Listeners = Pick<CallOptions, "onHeaders" | "onTrailers">;

/** Whether anybody wants to know what comes beside the messages of the reply. */
export function listens({ onHeaders, onTrailers }: Listeners): boolean {
  return onHeaders !== undefined || onTrailers !== undefined;
}

/** What comes beside the message of a unary reply, kept until it is clear that it is the reply that counts. */
export class KeptReply {
  readonly #options: Listeners;
  #headers: Metadata | undefined;
  #trailers: Metadata | undefined;
  /** What keeps it. */
  readonly listeners = {
    onHeaders: (metadata: Metadata): void => {
      this.#headers = metadata;
    },
    onTrailers: (metadata: Metadata): void => {
      this.#trailers = metadata;
    },
  };

  constructor(options: Listeners) {
    this.#options = options;
  }

  /** A further attempt at the call; what the last one brought is forgotten. */
  attempt(call: OutgoingCall): OutgoingCall {
    this.#headers = undefined;
    this.#trailers = undefined;
    return { ...call, ...this.listeners };
  }

  /** This is the reply that counts. */
  tell(): void {
    if (this.#headers) this.#options.onHeaders?.(this.#headers);
    if (this.#trailers) this.#options.onTrailers?.(this.#trailers);
  }
}

/** What comes beside the messages of a stream: headers are told at once, trailers at its end. */
export class StreamReply {
  readonly #options: Listeners;
  #trailers: Metadata | undefined;
  #failure: { readonly reason: unknown } | undefined;
  /** Headers have come: the stream belongs to the node that sent them. */
  began = false;

  constructor(options: Listeners) {
    this.#options = options;
  }

  attempt(call: OutgoingCall): OutgoingCall {
    this.#trailers = undefined;
    return {
      ...call,
      onHeaders: (metadata) => {
        this.began = true;
        this.#guarded(() => this.#options.onHeaders?.(metadata));
      },
      onTrailers: (metadata) => {
        this.#trailers = metadata;
      },
    };
  }

  /** The call is over. Throws what the listener for headers threw, which came too deep in the wire's business to go on there. */
  end(): void {
    if (this.#trailers) this.#options.onTrailers?.(this.#trailers);
    if (this.#failure) throw this.#failure.reason;
  }

  #guarded(tell: () => void): void {
    try {
      tell();
    } catch (reason) {
      this.#failure = { reason };
    }
  }
}
