import type { Codec } from "../codec.ts";

/** What a message is: asks, answers, or tells everybody who listens. */
export type FrameKind = "request" | "response" | "event";

/** A body and what is said about it: one message of mucp. */
export interface Frame {
  readonly kind: FrameKind;
  /** Ties a response to its request, `7`; empty when the message has none. */
  readonly id: string;
  /** The endpoint, `Greeter.Hello`; empty when the message does not say. */
  readonly method: string;
  /** The text of the error that a response tells instead of a value. */
  readonly error?: string;
  /**
   * The value as `Framing.codec` writes it; empty when there is none. After `read` it may be a view on the message.
   */
  readonly body: Uint8Array;
  /**
   * The id as the peer spelled it, where that is not text (JSON-RPC clients like numbers) or is missing (`undefined` on
   * a request that wants no answer). `replyTo` hands it on.
   */
  readonly wireId?: unknown;
}

/**
 * One way to put what a call is about and its body into the bytes of one message.
 *
 * Headers tell the same once more; where they and the frame differ, go-micro believes a frame that has an envelope.
 */
export interface Framing {
  readonly name: string;
  /** How bodies are written inside this framing. JSON is that of Go's struct tags here, not that of gRPC. */
  readonly codec: Codec;
  /** The bytes of one message. */
  write(frame: Frame): Uint8Array;
  /**
   * One message taken apart. No bytes at all are a frame without id, method and body.
   *
   * Throws an `Error` that says what is wrong with the bytes; nothing larger than the message is ever allocated.
   */
  read(message: Uint8Array, kind: FrameKind): Frame;
}

/** What answers `request`: with `body`, or with an error and no value. */
export function replyTo(request: Frame, body: Uint8Array, error?: string): Frame {
  const { id, method } = request;
  const wireId = "wireId" in request ? { wireId: request.wireId } : {};
  return { kind: "response", id, method, ...wireId, ...(error === undefined ? { body } : { body: empty, error }) };
}

/** No bytes. */
export const empty: Uint8Array = new Uint8Array(0);

/** What no bytes at all are read as. */
export function emptyFrame(kind: FrameKind): Frame {
  return { kind, id: "", method: "", body: empty };
}
