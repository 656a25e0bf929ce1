import { ErrorCode, type Fields, HeaderTemplate, type Stream, type StreamHandler } from "@micro/http2";
import { deadlinePassed } from "../../protocol/deadline-passed.ts";
import type { Dispatcher, IncomingCall } from "../../protocol/protocol.ts";
import { headersAreSent, type ReplyMetadata, replyIsSent, withReplyMetadata } from "../../protocol/reply-metadata.ts";
import { type Deadline, noDeadline } from "../../words/deadline.ts";
import { cancelled, MicroError } from "../../words/errors.ts";
import type { Metadata } from "../../words/metadata.ts";
import { compress, isWorthCompressing } from "./compress.ts";
import { decompress } from "./decompress.ts";
import { type MessageQueue, messageQueue } from "./message-queue.ts";
import { MessageReader, MessageTooLarge } from "./message-reader.ts";
import type { RequestHead } from "./request-head.ts";
import { errorFields } from "./status-fields.ts";
import { writeCompressed, writeMessage } from "./write-message.ts";

const okTrailers = new HeaderTemplate(["grpc-status", "0"]);

/** A call being served: what the dispatcher sees of it, what the peer sends for it, and the answer. */
export class ServedCall implements IncomingCall, StreamHandler {
  readonly endpoint: string;
  readonly contentType: string;
  readonly peer: string;
  readonly deadline: Deadline;
  readonly #stream: Stream;
  readonly #head: RequestHead;
  readonly #dispatcher: Dispatcher;
  readonly #maxBytes: number;
  readonly #reader: MessageReader;
  /** What a unary call has received. */
  #body: Buffer | undefined;
  /** What a streaming call has received and not read. */
  #requests: MessageQueue | undefined;
  #decompressing: Promise<void> | undefined;
  #metadata: Metadata | undefined;
  #cancellation: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The call is answered, or nobody is left to be answered. */
  #over = false;
  #cancelled = false;
  #responded = false;
  /** What the handler adds to the reply; undefined for most. */
  #headers: Fields | undefined;
  #trailers: Fields | undefined;
  #writable: (() => void) | undefined;

  constructor(stream: Stream, head: RequestHead, dispatcher: Dispatcher, peer: string, maxBytes: number) {
    this.endpoint = head.endpoint;
    this.contentType = head.contentType;
    this.peer = peer;
    this.deadline = head.timeoutMs === undefined ? noDeadline : Date.now() + head.timeoutMs;
    this.#stream = stream;
    this.#head = head;
    this.#dispatcher = dispatcher;
    this.#maxBytes = maxBytes;
    this.#reader = new MessageReader(maxBytes, false, (message, compressed, bytes) =>
      this.#received(message, compressed, bytes),
    );
    if (head.kind !== "unary") {
      this.#requests = messageQueue((bytes) => {
        stream.consumed(bytes);
        this.#release();
      });
      void this.#answerStream(this.#requests);
    }
  }

  get metadata(): Metadata {
    this.#metadata ??= this.#head.metadata();
    return this.#metadata;
  }

  get signal(): AbortSignal {
    this.#cancellation ??= this.#watchCancellation();
    return this.#cancellation.signal;
  }

  replyHeaders(metadata: ReplyMetadata): void {
    if (this.#cancelled) return;
    if (this.#responded) throw headersAreSent(this.endpoint);
    this.#headers = withReplyMetadata(this.#headers, metadata);
  }

  replyTrailers(metadata: ReplyMetadata): void {
    if (this.#cancelled) return;
    if (this.#over) throw replyIsSent(this.endpoint);
    this.#trailers = withReplyMetadata(this.#trailers, metadata);
  }

  onData(_stream: Stream, chunk: Buffer, start: number, end: number): void {
    try {
      this.#reader.push(chunk, start, end);
      this.#release();
    } catch (reason) {
      // The only thing it throws is that a message is too large.
      this.#refuse(new MicroError("go.micro.server", 413, (reason as Error).message));
    }
  }

  onEnd(): void {
    if (this.#decompressing) void this.#decompressing.then(() => this.#ended());
    else this.#ended();
  }

  onWritable(): void {
    this.#writable?.();
  }

  onClose(): void {
    clearTimeout(this.#timer);
    if (this.#over) return;
    this.#over = true;
    this.#cancel();
  }

  /** One large message may be on its way while none waits to be read; more would be memory without bound. */
  #release(): void {
    if (this.#requests && !this.#requests.empty) return;
    const bytes = this.#reader.releasable();
    if (bytes > 0) this.#stream.consumed(bytes);
  }

  #received(message: Buffer, compressed: boolean, bytes: number): void {
    if (!compressed && !this.#decompressing) this.#take(message, bytes);
    else this.#decompressing = this.#inTurn(message, compressed, bytes);
  }

  #take(message: Buffer, bytes: number): void {
    if (this.#requests) {
      this.#requests.push(message, bytes);
      return;
    }
    this.#body ??= message; // go-micro's server reads one and lets further ones be
    this.#stream.consumed(bytes);
  }

  async #inTurn(message: Buffer, compressed: boolean, bytes: number): Promise<void> {
    const before = this.#decompressing;
    try {
      await before;
      // A message may become a thousand times what the window counts of it: one at a time, and not before it is wanted.
      if (compressed) await this.#requests?.untilRead();
      if (this.#over) return;
      const wanted = this.#requests !== undefined || this.#body === undefined;
      const plain = compressed && wanted ? await decompress(message, this.#head.encoding, this.#maxBytes) : message;
      if (!this.#over) this.#take(plain, bytes);
    } catch (reason) {
      if (reason instanceof MessageTooLarge) {
        this.#refuse(new MicroError("go.micro.server", 413, reason.message));
        return;
      }
      const text = reason instanceof Error ? reason.message : String(reason);
      this.#refuse(
        new MicroError("go.micro.server", 400, `a message of ${this.endpoint} cannot be decompressed: ${text}`),
      );
    }
  }

  #ended(): void {
    if (this.#over) return;
    if (!this.#reader.complete)
      this.#refuse(new MicroError("go.micro.server", 400, "the request ended within a message"));
    // Node's clients end their messages a moment before they say that they gave up.
    else if (this.#requests) setImmediate(() => this.#requests?.end(undefined));
    else if (this.#body) this.#answer(this.#body);
    else this.#refuse(new MicroError("go.micro.server", 400, `${this.endpoint} was called without a request`));
  }

  #answer(body: Buffer): void {
    this.#dispatcher.unary(this, body).then(
      (reply) => {
        if (this.#over) return;
        if (reply.length > this.#maxBytes) this.#refuse(this.#replyTooLarge(reply));
        else if (this.#head.compresses && isWorthCompressing(reply)) void this.#finishCompressed(reply);
        else this.#finish(reply, false);
      },
      (reason: unknown) => this.#refuse(MicroError.from(reason, "go.micro.server")),
    );
  }

  async #finishCompressed(reply: Uint8Array): Promise<void> {
    try {
      const packed = await compress(reply);
      if (!this.#over) this.#finish(packed ?? reply, packed !== undefined);
    } catch (reason) {
      this.#refuse(MicroError.from(reason, "go.micro.server"));
    }
  }

  #finish(reply: Uint8Array, compressed: boolean): void {
    this.#over = true;
    this.#respond();
    writeMessage(this.#stream, reply, false, compressed);
    this.#stream.writeTrailers(okTrailers, this.#trailers);
  }

  async #answerStream(requests: MessageQueue): Promise<void> {
    // The handler begins after the constructor, in which the call is not whole yet.
    await undefined;
    try {
      const messages = { [Symbol.asyncIterator]: () => readerOf(requests) };
      await this.#dispatcher.stream(this, messages, (reply) => this.#sendReply(reply));
      if (this.#over) return;
      this.#respond();
      this.#over = true;
      this.#stream.writeTrailers(okTrailers, this.#trailers);
      requests.clear();
    } catch (reason) {
      this.#refuse(MicroError.from(reason, "go.micro.server"));
    }
  }

  #sendReply(reply: Uint8Array): boolean | Promise<boolean> {
    if (this.#over) return false;
    if (reply.length > this.#maxBytes) throw this.#replyTooLarge(reply);
    this.#respond();
    if (this.#head.compresses) return this.#sendCompressed(reply);
    return writeMessage(this.#stream, reply, false) || this.#untilWritable();
  }

  async #sendCompressed(reply: Uint8Array): Promise<boolean> {
    return (await writeCompressed(this.#stream, reply, false)) || this.#untilWritable();
  }

  async #untilWritable(): Promise<boolean> {
    if (!this.#over) {
      await new Promise<void>((resolve) => {
        this.#writable = resolve;
      });
    }
    return !this.#over;
  }

  #respond(): void {
    if (!this.#responded) this.#stream.respond(this.#head.reply, this.#headers);
    this.#responded = true;
  }

  /** Answers with an error, after whatever was answered before. */
  #refuse(error: MicroError): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#headers) this.#respond();
    if (this.#responded) this.#stream.writeTrailers(errorFields(error), this.#trailers);
    else this.#stream.respond(this.#head.reply, [...errorFields(error), ...(this.#trailers ?? [])], true);
    this.#responded = true;
    this.#requests?.clear();
    // What the caller still sends is read and dropped.
    this.#stream.handler = { onClose: () => clearTimeout(this.#timer) };
  }

  #replyTooLarge(reply: Uint8Array): MicroError {
    return new MicroError(
      "go.micro.server",
      413,
      `the reply of ${this.endpoint} has ${reply.length} bytes, more than the ${this.#maxBytes} that may be sent`,
    );
  }

  #watchCancellation(): AbortController {
    const controller = new AbortController();
    if (this.#cancelled) controller.abort();
    else if (this.deadline !== noDeadline) {
      const ms = Math.min(Math.max(0, Math.ceil(this.deadline - Date.now())), 2 ** 31 - 1);
      this.#timer = setTimeout(() => this.#onDeadline(), ms);
      this.#timer.unref();
    }
    return controller;
  }

  #onDeadline(): void {
    if (this.#over) return;
    this.#cancel();
    this.#refuse(deadlinePassed(this.endpoint));
    this.#stream.reset(ErrorCode.CANCEL);
  }

  #cancel(): void {
    this.#cancelled = true;
    this.#cancellation?.abort();
    this.#requests?.end(cancelled("go.micro.server", "the caller gave up"));
    this.#writable?.();
  }
}

function readerOf(requests: MessageQueue): AsyncIterator<Uint8Array> {
  return {
    next: () => requests.next(),
    return() {
      requests.clear();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}
