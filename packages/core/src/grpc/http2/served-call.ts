import { ErrorCode, HeaderTemplate, type Stream, type StreamHandler } from "@micro/http2";
import type { Dispatcher, IncomingCall } from "../../protocol/protocol.ts";
import { type Deadline, noDeadline } from "../../words/deadline.ts";
import { cancelled, MicroError } from "../../words/errors.ts";
import type { Metadata } from "../../words/metadata.ts";
import { decompress } from "./decompress.ts";
import { type MessageQueue, messageQueue } from "./message-queue.ts";
import { MessageReader } from "./message-reader.ts";
import type { RequestHead } from "./request-head.ts";
import { errorFields } from "./status-fields.ts";
import { writeMessage } from "./write-message.ts";

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
    this.#reader = new MessageReader(maxBytes, (message, compressed, bytes) =>
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
    this.#metadata ??= Object.assign(Object.create(null) as Metadata, this.#head.metadata);
    return this.#metadata;
  }

  get signal(): AbortSignal {
    this.#cancellation ??= this.#watchCancellation();
    return this.#cancellation.signal;
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
      const plain = compressed ? await decompress(message, this.#head.encoding, this.#maxBytes) : message;
      await before;
      this.#take(plain, bytes);
    } catch (reason) {
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
        else this.#finish(reply);
      },
      (reason: unknown) => this.#refuse(MicroError.from(reason, "go.micro.server")),
    );
  }

  #finish(reply: Uint8Array): void {
    this.#over = true;
    this.#stream.respond(this.#head.reply);
    writeMessage(this.#stream, reply, false);
    this.#stream.writeTrailers(okTrailers);
  }

  async #answerStream(requests: MessageQueue): Promise<void> {
    // The handler begins after the constructor, in which the call is not whole yet.
    await undefined;
    const replies = this.#dispatcher
      .stream(this, { [Symbol.asyncIterator]: () => readerOf(requests) })
      [Symbol.asyncIterator]();
    try {
      for (let reply = await replies.next(); !reply.done && !this.#over; reply = await replies.next()) {
        if (reply.value.length > this.#maxBytes) throw this.#replyTooLarge(reply.value);
        this.#respond();
        if (writeMessage(this.#stream, reply.value, false)) continue;
        await new Promise<void>((resolve) => {
          this.#writable = resolve;
        });
      }
      if (this.#cancelled || this.#over) {
        // The caller no longer waits: whoever makes the replies may stop.
        await replies.return?.();
        return;
      }
      this.#respond();
      this.#over = true;
      this.#stream.writeTrailers(okTrailers);
      requests.clear();
    } catch (reason) {
      this.#refuse(MicroError.from(reason, "go.micro.server"));
    }
  }

  #respond(): void {
    if (!this.#responded) this.#stream.respond(this.#head.reply);
    this.#responded = true;
  }

  /** Answers with an error, after whatever was answered before. */
  #refuse(error: MicroError): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#responded) this.#stream.writeTrailers(errorFields(error));
    else this.#stream.respond(this.#head.reply, errorFields(error), true);
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
    this.#refuse(new MicroError("go.micro.server", 408, `deadline exceeded at ${this.endpoint}`));
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
