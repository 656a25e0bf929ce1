import type { Channel, Metadata, StatusObject } from "@grpc/grpc-js";
import { MicroError } from "../../words/errors.ts";
import { callCancelled } from "../failures.ts";
import { grpcStatus } from "../status.ts";
import { sendContext } from "./send-context.ts";

export interface ClientStreamParts {
  open(): Wire;
  readonly headers: Metadata;
  readonly signal: AbortSignal | undefined;
  onHeaders(headers: Metadata): void;
  onTrailers(trailers: Metadata): void;
  /** What an outcome other than OK is to the caller. */
  failure(outcome: StatusObject): MicroError;
  /** Called once when the call is over. */
  ended(): void;
}

type Wire = ReturnType<Channel["createCall"]>;

/** One streaming call on a grpc-js channel. Reads one message ahead of nobody: each is asked for when it is wanted. */
export function clientStream(parts: ClientStreamParts, messages: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
  let wire: Wire | undefined;
  let waiting: { resolve: (result: IteratorResult<Uint8Array>) => void; reject: (reason: unknown) => void } | undefined;
  let arrived: Uint8Array | undefined;
  // Set when the call is over: undefined inside for a good end.
  let end: { readonly reason: unknown } | undefined;
  let sending: AsyncIterator<Uint8Array> | undefined;

  function open(): Wire {
    const opened = parts.open();
    wire = opened;
    parts.signal?.addEventListener("abort", onAbort, { once: true });
    opened.start(parts.headers, {
      onReceiveMetadata: parts.onHeaders,
      onReceiveMessage(message: Uint8Array) {
        if (!waiting) arrived = message;
        else settle().resolve({ done: false, value: message });
      },
      onReceiveStatus(status) {
        if (!end) parts.onTrailers(status.metadata);
        finish(status.code === grpcStatus.ok ? undefined : parts.failure(status));
      },
    });
    void send(opened);
    return opened;
  }

  function onAbort(): void {
    finish(callCancelled());
    wire?.cancelWithStatus(grpcStatus.cancelled, "call cancelled");
  }

  async function send(opened: Wire): Promise<void> {
    try {
      sending = messages[Symbol.asyncIterator]();
      // Looks before it takes: a message taken after the end would be lost to an attempt at another node.
      while (!end) {
        const next = await sending.next();
        if (end) return;
        if (next.done) return opened.halfClose();
        await sent(opened, next.value);
      }
    } catch (reason) {
      if (end) return; // the call was over already, and its end has been told
      finish(reason);
      opened.cancelWithStatus(grpcStatus.cancelled, "the caller's messages failed");
    }
  }

  function finish(reason: unknown): void {
    if (end) return;
    end = { reason };
    parts.signal?.removeEventListener("abort", onAbort);
    parts.ended();
    // Not awaited: an iterator that waits for its next message answers only after that.
    sending?.return?.().catch(() => undefined); // whoever made the messages hears of the end by this call, not of a failure to hear it
    if (!waiting) return;
    const { resolve, reject } = settle();
    if (reason === undefined) resolve({ done: true, value: undefined });
    else reject(reason);
  }

  function settle(): NonNullable<typeof waiting> {
    const settled = waiting as NonNullable<typeof waiting>;
    waiting = undefined;
    return settled;
  }

  return {
    next() {
      if (arrived) {
        const value = arrived;
        arrived = undefined;
        return Promise.resolve({ done: false, value });
      }
      if (end) {
        const { reason } = end;
        end = { reason: undefined }; // thrown once, then it is over
        return reason === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(reason);
      }
      if (waiting)
        return Promise.reject(new MicroError("go.micro.client", 500, "a stream is read by one reader at a time"));
      if (parts.signal?.aborted) {
        finish(undefined);
        return Promise.reject(callCancelled());
      }
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        try {
          (wire ?? open()).startRead();
        } catch (reason) {
          finish(reason);
        }
      });
    },
    return() {
      if (!end) {
        finish(undefined);
        wire?.cancelWithStatus(grpcStatus.cancelled, "call cancelled");
      }
      arrived = undefined;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

/** Resolves when grpc-js wants more, which is when the peer's window has room. */
function sent(wire: Wire, message: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const buffer = Buffer.isBuffer(message)
      ? message
      : Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    // Also called when the call is over; the status says why, and the loop above sees it.
    wire.sendMessageWithContext({ ...sendContext(message), callback: () => resolve() }, buffer);
  });
}
