import { ErrorCode, type HeaderList, type Stream, type StreamHandler } from "@micro/http2";
import type { OutgoingCall } from "../../protocol/protocol.ts";
import type { Deadline } from "../../words/deadline.ts";
import { MicroError } from "../../words/errors.ts";
import type { GrpcOutcome } from "../errors.ts";
import { callCancelled, deadlineExceeded, lostConnection, serverFailure } from "../failures.ts";
import { replyMetadata } from "../headers.ts";
import { endWatch, ignoreSignal, type LimitedCall, watchDeadline, watchSignal } from "./call-limits.ts";
import { canDecompress, decompress } from "./decompress.ts";
import { MessageReader, MessageTooLarge } from "./message-reader.ts";
import { readHead, readTrailers } from "./reply.ts";

/** What a call tells whoever made it. */
export interface ClientCallEvents {
  /** A message has come; `bytes` of the body were spent on it, to be given back with `release` once it is used. */
  onMessage(message: Buffer, bytes: number): void;
  /** Whether messages wait to be read. @default never */
  readerIsBehind?(): boolean;
  /** Resolves when none waits to be read any more; undefined when none does. @default never waits */
  untilRead?(): Promise<void> | undefined;
  /** The peer takes more again. */
  onWritable?(): void;
  /** The call is over; without `error` it ended well. Told once, after every message. */
  onEnd(error: MicroError | undefined): void;
}

/**
 * The receiving side of a call, of any kind, together with what ends it from this side: the deadline and the signal.
 * Where a peer sends rubbish the call ends, not the connection.
 */
export class ClientCall implements StreamHandler, LimitedCall {
  readonly #call: OutgoingCall;
  readonly #address: string;
  readonly #events: ClientCallEvents;
  readonly #reader: MessageReader;
  readonly #maxBytes: number;
  readonly #whyLost: () => string;
  #stream: Stream | undefined;
  #encoding = "identity";
  #outcome: GrpcOutcome | undefined;
  #ended = false;
  /** Messages being decompressed, in order; undefined while there was none. */
  #decompressing: Promise<void> | undefined;

  constructor(call: OutgoingCall, address: string, maxBytes: number, whyLost: () => string, events: ClientCallEvents) {
    this.#call = call;
    this.#address = address;
    this.#events = events;
    this.#maxBytes = maxBytes;
    this.#whyLost = whyLost;
    this.#reader = new MessageReader(maxBytes, true, (message, compressed, bytes) =>
      this.#received(message, compressed, bytes),
    );
  }

  get deadline(): Deadline {
    return this.#call.deadline;
  }

  /** Watches over the call from its beginning. */
  begin(stream: Stream): void {
    this.#stream = stream;
    watchDeadline(this);
    if (this.#call.signal) watchSignal(this.#call.signal, this);
  }

  /** Ends the call from this side; the peer is told. */
  cancel(error: MicroError | undefined): void {
    if (this.#ended) return;
    this.#end(error);
    this.#stream?.reset(ErrorCode.CANCEL);
  }

  expire(): void {
    this.cancel(deadlineExceeded(this.#call.target, this.#address));
  }

  abort(): void {
    this.cancel(callCancelled());
  }

  onHeaders(_stream: Stream, headers: HeaderList): void {
    const { outcome, encoding } = readHead(headers);
    this.#outcome = outcome;
    this.#encoding = encoding;
    // Headers that are the whole reply are its trailers.
    if (outcome) this.#tellTrailers(headers);
    else this.#call.onHeaders?.(replyMetadata(headers));
  }

  onData(stream: Stream, chunk: Buffer, start: number, end: number): void {
    if (this.#ended) return;
    if (this.#outcome && this.#outcome.status !== 0) {
      // The text of an error page, which a proxy sends where no server answers it.
      stream.consumed(end - start);
      return;
    }
    try {
      this.#reader.push(chunk, start, end);
      this.release();
    } catch (reason) {
      this.#fail(413, reason); // the only thing it throws is that a message is too large
    }
  }

  onWritable(): void {
    this.#events.onWritable?.();
  }

  onTrailers(_stream: Stream, trailers: HeaderList): void {
    this.#outcome = readTrailers(trailers) ?? this.#outcome;
    this.#tellTrailers(trailers);
  }

  #tellTrailers(trailers: HeaderList): void {
    const { onTrailers } = this.#call;
    if (!onTrailers) return;
    const metadata = replyMetadata(trailers);
    if (Object.keys(metadata).length > 0) onTrailers(metadata);
  }

  /** The server has answered: the call is over, whatever this side still meant to send, or has queued. */
  onEnd(stream: Stream): void {
    this.#settle(stream, ErrorCode.NO_ERROR);
    if (!stream.localEnded) stream.reset(ErrorCode.CANCEL);
  }

  onClose(stream: Stream, code: number): void {
    this.#settle(stream, code);
  }

  #settle(stream: Stream, code: number): void {
    if (this.#ended) return;
    if (!this.#decompressing) this.#end(this.#reasonOf(stream, code));
    else void this.#decompressing.then(() => this.#end(this.#reasonOf(stream, code)));
  }

  /** Why the call did not end well; undefined when it did. */
  #reasonOf(stream: Stream, code: number): MicroError | undefined {
    const outcome = this.#outcome;
    if (outcome?.status === 0 && this.#reader.complete) return undefined;
    if (outcome && outcome.status !== 0) return serverFailure(outcome, this.#call.target);
    if (stream.unprocessed) return lostConnection(this.#address, this.#whyLost(), true);
    if (stream.endedBy === "connection") return lostConnection(this.#address, this.#whyLost(), false);
    const why = outcome ? "the reply ended within a message" : "the reply ended without a status";
    return new MicroError("go.micro.client", codeOfReset.get(code) ?? 500, `${this.#address}: ${why}`, {
      answered: true,
    });
  }

  /**
   * Lets the peer go on with a large message, when none waits to be read: more would be memory without bound. Called
   * as well when the last one was read.
   */
  release(): void {
    if (this.#ended || this.#events.readerIsBehind?.()) return;
    const bytes = this.#reader.releasable();
    if (bytes > 0) this.#stream?.consumed(bytes);
  }

  #received(message: Buffer, compressed: boolean, bytes: number): void {
    if (!compressed && !this.#decompressing) this.#events.onMessage(message, bytes);
    else this.#decompressing = this.#inTurn(message, compressed, bytes);
  }

  /** Hands a message on after those before it, decompressed when it has to be. */
  async #inTurn(message: Buffer, compressed: boolean, bytes: number): Promise<void> {
    const before = this.#decompressing;
    try {
      if (compressed && !canDecompress(this.#encoding))
        throw new Error(`a message is compressed with "${this.#encoding}", which cannot be read`);
      await before;
      // A message may become a thousand times what the window counts of it: one at a time, and not before it is wanted.
      if (compressed) await this.#events.untilRead?.();
      if (this.#ended) return;
      const plain = compressed ? await decompress(message, this.#encoding, this.#maxBytes) : message;
      if (!this.#ended) this.#events.onMessage(plain, bytes);
    } catch (reason) {
      this.#fail(reason instanceof MessageTooLarge ? 413 : 500, reason);
    }
  }

  #fail(code: number, reason: unknown): void {
    const text = reason instanceof Error ? reason.message : String(reason);
    this.cancel(
      new MicroError("go.micro.client", code, `${this.#address}: ${text}`, { answered: true, cause: reason }),
    );
  }

  #end(error: MicroError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    endWatch(this);
    if (this.#call.signal) ignoreSignal(this.#call.signal, this);
    this.#events.onEnd(error);
  }
}

// What a peer means that resets a stream without a status. Source: gRPC over HTTP2, "Errors".
const codeOfReset: ReadonlyMap<number, number> = new Map([
  [ErrorCode.REFUSED_STREAM, 503],
  [ErrorCode.CANCEL, 499],
  [ErrorCode.ENHANCE_YOUR_CALM, 429],
  [ErrorCode.INADEQUATE_SECURITY, 403],
]);
