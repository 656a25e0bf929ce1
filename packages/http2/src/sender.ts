import { Allowance } from "./allowance.ts";
import { Batch } from "./batch.ts";
import type { Driver } from "./connection.ts";
import { ConnectionFault, ErrorCode } from "./errors.ts";
import { maxWindow } from "./flow.ts";
import { GOAWAY, RST_STREAM, writeUint32 } from "./frames/frame.ts";
import type { Settings } from "./frames/settings.ts";
import { copyBytes, FrameWriter } from "./frames/writer.ts";
import type { Fields } from "./header-list.ts";
import { HpackEncoder } from "./hpack/encoder.ts";
import { HeaderTemplate } from "./hpack/header-template.ts";
import type { Limits } from "./limits.ts";
import type { Output } from "./output.ts";
import type { Headers, Stream } from "./stream.ts";

/** Once as much waits for the socket, streams queue for themselves, so that one cannot fill the memory. */
const fullBytes = 262_144;

/** A DATA frame below this, sent for want of window, is suspicious. */
const tinyBytes = 64;

/** What the sender tells the connection. */
export interface SenderEvents {
  /** The last frame of this stream was written. */
  sentEnd(stream: Stream): void;
}

/** The outgoing half of a connection: sends headers, data and answers as far as the windows and the socket go, and queues the rest. */
export class Sender {
  /** Answers written since the peer last read. */
  replies = 0;
  /** The peer has opened its window a few bytes at a time, too often. */
  private starved = false;
  /** HEADERS and DATA frames written; changes with each. */
  payloads = 0;
  private readonly events: SenderEvents;
  private readonly limits: Limits;
  private readonly writer = new FrameWriter();
  private readonly batch: Batch;
  private readonly encoder: HpackEncoder;
  private readonly tiny: Allowance;
  /** What the peer lets us send on all streams together. */
  private window = 65_535;
  private socketFull = false;
  /** Streams that have data and window of their own. */
  private readonly ready = new Set<Stream>();

  constructor(events: SenderEvents, limits: Limits, driver: Driver) {
    this.events = events;
    this.limits = limits;
    this.encoder = new HpackEncoder(limits.headerTableBytes);
    this.batch = new Batch(driver, this.writer.output);
    this.tiny = new Allowance(limits.tinyFrames, () => driver.now());
  }

  /** What waits to be sent. */
  get output(): Output {
    return this.writer.output;
  }

  /** Writes the preface of a client. */
  preface(): void {
    this.writer.preface();
  }

  /** Writes a whole frame with a small payload. */
  control(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    this.writer.control(type, flags, streamId, payload);
    this.batch.wrote();
  }

  /** Writes a frame that answers a frame of the peer; too many unread ones are a fault. */
  reply(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    this.control(type, flags, streamId, payload);
    if (++this.replies > this.limits.maxPendingReplies)
      throw new ConnectionFault(
        ErrorCode.ENHANCE_YOUR_CALM,
        `${this.replies} answers wait for a peer that does not read`,
      );
  }

  /** Writes GOAWAY: no stream above `lastStreamId` is taken. */
  goaway(lastStreamId: number, code: number, debug: string): void {
    const payload = Buffer.alloc(8 + debug.length);
    writeUint32(payload, 0, lastStreamId);
    writeUint32(payload, 4, code);
    payload.write(debug, 8, "latin1");
    this.control(GOAWAY, 0, 0, payload);
  }

  /** Answers a mistake on a stream with RST_STREAM. */
  replyReset(streamId: number, code: number): void {
    const payload = Buffer.alloc(4);
    writeUint32(payload, 0, code);
    this.reply(RST_STREAM, 0, streamId, payload);
  }

  /** Writes RST_STREAM or WINDOW_UPDATE, whose payload is one number. */
  number(type: number, streamId: number, value: number): void {
    this.writer.number(type, streamId, value);
    this.batch.wrote();
  }

  /** Writes a header block. */
  headers(streamId: number, headers: Headers, more: Fields, endStream: boolean): void {
    const { writer, encoder } = this;
    this.payloads = (this.payloads + 1) | 0;
    if (headers instanceof HeaderTemplate) writer.headers(streamId, endStream, encoder, headers, more);
    else writer.headers(streamId, endStream, encoder, undefined, more.length === 0 ? headers : [...headers, ...more]);
    this.batch.wrote();
  }

  /** Sends a part of a body, or queues what cannot go yet; true when nothing of the stream waits. */
  data(stream: Stream, data: Uint8Array, end: boolean): boolean {
    const { length } = data;
    if (!stream.queue && stream.id !== 0 && !this.full) {
      if (length <= stream.sendWindow && length <= this.window && length <= this.writer.maxFrameBytes) {
        if (length > 0 || end) this.dataFrame(stream, data, end);
        return true;
      }
      // An empty end needs no window, even where that is below zero.
      if (length === 0) {
        if (end) this.dataFrame(stream, data, end);
        return true;
      }
    }
    this.enqueue(stream, data);
    this.offer(stream);
    // Not narrowed by the line above: the queue may have been sent.
    stream.awaitsWritable = (stream.queue as Uint8Array[] | undefined) !== undefined;
    return !stream.awaitsWritable;
  }

  /** Ends a stream with trailers, after what is queued. */
  trailers(stream: Stream, trailers: Headers, more: Fields): void {
    if (stream.queue || stream.id === 0) {
      stream.queue ??= [];
      stream.queuedTrailers = trailers;
      stream.queuedFields = more;
      return;
    }
    this.headers(stream.id, trailers, more, true);
    this.events.sentEnd(stream);
  }

  /** Forgets what is queued of a stream that is over. */
  drop(stream: Stream): void {
    stream.queue = undefined;
    stream.queuedTrailers = undefined;
    this.ready.delete(stream);
  }

  /** Sends what it can of a stream whose queue could not go before. */
  offer(stream: Stream): void {
    if (!stream.queue || stream.id === 0) return;
    this.ready.add(stream);
    this.pump();
  }

  /** Takes a WINDOW_UPDATE, of a stream or of the connection; false when it opens too much. */
  receivedWindow(stream: Stream | undefined, increment: number): boolean {
    const fits = stream ? this.widen(stream, increment) : this.openWindow(increment);
    if (this.starved)
      throw new ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "the window is opened a few bytes at a time");
    return fits;
  }

  /** Opens or closes the windows of all streams, as a new initial window asks. One that would grow too large is a fault. */
  widenAll(streams: Iterable<Stream>, bytes: number): void {
    if (bytes === 0) return;
    for (const stream of streams) {
      if (!this.widen(stream, bytes))
        throw new ConnectionFault(
          ErrorCode.FLOW_CONTROL_ERROR,
          `the window of stream ${stream.id} exceeds ${maxWindow}`,
        );
    }
  }

  /** Opens the window of a stream, or closes it by a negative number; false when it would exceed what there is. */
  widen(stream: Stream, bytes: number): boolean {
    stream.sendWindow += bytes;
    if (stream.sendWindow > maxWindow) return false;
    if (stream.sendWindow > 0) this.offer(stream);
    return true;
  }

  /** Opens the window of the connection; false when it would exceed what there is. */
  openWindow(bytes: number): boolean {
    this.window += bytes;
    if (this.window > maxWindow) return false;
    this.pump();
    return true;
  }

  /** Obeys new settings of the peer, those for streams excepted. */
  configure(settings: Settings): void {
    this.encoder.allow(settings.headerTableBytes);
    this.writer.maxFrameBytes = settings.maxFrameBytes;
  }

  /** Hands over what waits. */
  flush(write: (piece: Uint8Array, more: boolean) => void): void {
    this.batch.flushed();
    this.output.flush(write);
  }

  /** A request or an answer is complete, while `open` streams are under way. */
  completed(open: number): void {
    this.batch.completed(open);
  }

  /** The output was fetched. `socketFull` says that the socket takes no more for now. */
  flushed(socketFull: boolean): void {
    this.socketFull = socketFull;
    this.writer.fetched();
    if (socketFull) return;
    this.replies = 0;
    this.pump();
  }

  private get full(): boolean {
    return this.socketFull || this.output.bytes >= fullBytes;
  }

  /** Sends from the queues in turn, a frame each, while there is room. */
  private pump(): void {
    // A stream that has more is put in again at the end and met again by this same loop.
    for (const stream of this.ready) {
      if (this.full) return;
      if (!stream.queue) {
        this.ready.delete(stream);
        continue;
      }
      if (stream.queue.length > 0 && this.window <= 0) return;
      this.ready.delete(stream);
      if (this.advance(stream)) this.ready.add(stream);
    }
  }

  /** Sends one frame of a queue; true when more of it could go. */
  private advance(stream: Stream): boolean {
    const queue = stream.queue ?? [];
    const [head] = queue;
    if (head) {
      const left = head.length - stream.queueOffset;
      const bytes = left === 0 ? 0 : Math.min(left, stream.sendWindow, this.window, this.writer.maxFrameBytes);
      if (bytes <= 0 && left > 0) return false;
      const payload = bytes === head.length ? head : head.subarray(stream.queueOffset, stream.queueOffset + bytes);
      if (bytes === left) {
        queue.shift();
        stream.queueOffset = 0;
      } else {
        stream.queueOffset += bytes;
        if (bytes < tinyBytes && !this.tiny.spend()) this.starved = true;
      }
      const end = queue.length === 0 && stream.finished && !stream.queuedTrailers;
      if (queue.length === 0 && !stream.queuedTrailers) stream.queue = undefined;
      this.dataFrame(stream, payload, end);
      if (queue.length > 0) return stream.sendWindow > 0;
    }
    this.emptied(stream);
    return false;
  }

  private emptied(stream: Stream): void {
    const trailers = stream.queuedTrailers;
    stream.queue = undefined;
    stream.queuedTrailers = undefined;
    if (trailers) {
      this.headers(stream.id, trailers, stream.queuedFields, true);
      this.events.sentEnd(stream);
    }
    if (stream.closed || !stream.awaitsWritable) return;
    stream.awaitsWritable = false;
    stream.handler.onWritable?.(stream);
  }

  private enqueue(stream: Stream, data: Uint8Array): void {
    stream.queue ??= [];
    if (data.length > 0 || stream.queue.length === 0)
      stream.queue.push(data.length <= copyBytes ? Uint8Array.from(data) : data);
  }

  private dataFrame(stream: Stream, payload: Uint8Array, end: boolean): void {
    stream.sendWindow -= payload.length;
    this.window -= payload.length;
    this.payloads = (this.payloads + 1) | 0;
    this.writer.data(stream.id, payload, end);
    this.batch.wrote();
    if (end) this.events.sentEnd(stream);
  }
}
