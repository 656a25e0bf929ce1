import type { ConnectionOptions, Driver, Engine, Role } from "./connection.ts";
import { ConnectionFault, ErrorCode, Http2Error } from "./errors.ts";
import * as frame from "./frames/frame.ts";
import * as settings from "./frames/settings.ts";
import { type EndingHost, GracefulEnd, lastPossibleId } from "./graceful-end.ts";
import type { Fields, HeaderList } from "./header-list.ts";
import { Inflow, type InflowHost } from "./inflow.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { Pings } from "./pings.ts";
import { Receiver, type ReceiverHost } from "./receiver.ts";
import { Sender } from "./sender.ts";
import {
  checkHeaders,
  type EndedBy,
  type Headers,
  mayWrite,
  Stream,
  type StreamHandler,
  type StreamOwner,
} from "./stream.ts";
import { StreamTable } from "./stream-table.ts";

/** A connection without I/O: RFC 9113. The peer can make nothing in it throw, wait or grow beyond the limits. */
export function createEngine(role: Role, options: ConnectionOptions, driver: Driver): Engine {
  return new ConnectionEngine(role, options, driver);
}

const noFields: Fields = [];
const nothing: Uint8Array = new Uint8Array(0);

/**
 * The state of one connection: which streams there are and what becomes of them. Reading frames, writing them, windows and
 * the graceful end are parts of their own, which meet here.
 */
class ConnectionEngine implements Engine, StreamOwner, ReceiverHost, InflowHost, EndingHost {
  readonly role: Role;
  readonly limits: Limits;
  error: Http2Error | undefined = undefined;
  closed = false;
  readonly peerSettings: settings.Settings = settings.initialSettings();

  private readonly events: ConnectionOptions;
  private readonly driver: Driver;
  private readonly streams = new StreamTable();
  readonly sender: Sender;
  private readonly inflow: Inflow;
  private readonly receiver: Receiver;
  private readonly pings: Pings;
  /** Requests that wait until the peer accepts more. */
  private readonly queued = new Set<Stream>();
  private nextId = 1;
  /** The last stream of which the peer may have seen something. */
  private flushedId = 0;
  private settingsSentAt = 0;
  private peerHasSpoken = false;
  private readonly ending: GracefulEnd = new GracefulEnd(this);

  constructor(role: Role, options: ConnectionOptions, driver: Driver) {
    this.role = role;
    this.events = options;
    this.driver = driver;
    this.limits = { ...defaultLimits, ...options.limits };
    const now = (): number => driver.now();
    this.sender = new Sender(this, this.limits, driver);
    this.pings = new Pings(this.sender, options, now);
    this.inflow = new Inflow(this, now);
    this.receiver = new Receiver(this, this.streams, this.inflow, options.lenientHeaders ?? false, now);
  }

  start(): void {
    const { limits, role, sender } = this;
    if (role === "client") sender.preface();
    this.settingsSentAt = this.driver.now();
    sender.control(frame.SETTINGS, 0, 0, settings.announcement(role, limits));
    this.inflow.openConnection();
  }

  get accepting(): boolean {
    return !this.ending.begun && !this.closed && this.nextId <= lastPossibleId;
  }

  get lastAccepted(): number {
    return this.ending.lastAccepted;
  }

  get open(): number {
    return this.streams.size;
  }

  get waiting(): number {
    return this.queued.size;
  }

  get roundTripMs(): number {
    return this.pings.roundTripMs;
  }

  request(handler: StreamHandler, headers: Headers, more: Fields = noFields, end = false): Stream {
    if (this.role === "server") throw new Error("a server makes no requests");
    if (!this.accepting)
      throw new Http2Error(ErrorCode.REFUSED_STREAM, "this HTTP/2 connection is ending and takes no further request");
    const stream = new Stream(this, 0, 0, this.inflow.streamWindow());
    stream.handler = handler;
    stream.requestHeaders = headers;
    stream.requestFields = more;
    stream.headersSent = true;
    stream.finished = end;
    if (this.streams.size < this.peerSettings.maxConcurrentStreams) {
      this.openStream(stream);
    } else {
      checkHeaders(headers, more);
      this.queued.add(stream);
    }
    return stream;
  }

  /** Sends the headers of a request and what was written since it was made. */
  private openStream(stream: Stream): void {
    const endNow = stream.finished && !stream.queue;
    this.sender.headers(this.nextId, stream.requestHeaders, stream.requestFields, endNow);
    stream.id = this.nextId;
    this.nextId += 2;
    stream.sendWindow = this.peerSettings.initialWindowBytes;
    this.streams.add(stream);
    if (endNow) stream.localEnded = true;
    else this.sender.offer(stream);
  }

  private openQueued(): void {
    for (const stream of this.queued) {
      if (this.streams.size >= this.peerSettings.maxConcurrentStreams || this.nextId > lastPossibleId) return;
      this.queued.delete(stream);
      this.openStream(stream);
    }
  }

  ping(answered?: () => void): void {
    if (!this.closed) this.pings.send(answered);
  }

  drain(): void {
    this.ending.begin();
  }

  destroy(code: number = ErrorCode.NO_ERROR, message = "this side closed the HTTP/2 connection"): void {
    if (this.closed) return;
    this.sender.goaway(this.role === "server" ? this.streams.lastId : 0, code, message);
    this.end(new Http2Error(code, message));
  }

  get unfinishedStreams(): number {
    return this.streams.size + this.queued.size;
  }

  after(ms: number, action: () => void): () => void {
    return this.driver.after(ms, action);
  }

  ended(): void {
    this.end(undefined);
  }

  private end(error: Http2Error | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.error = error;
    this.ending.stop();
    this.receiver.stop();
    const code = error?.code ?? ErrorCode.NO_ERROR;
    for (const stream of this.streams.all()) this.closeStream(stream, code, "connection");
    for (const stream of this.queued) this.closeStream(stream, code, "connection");
    this.events.onClose?.(error);
  }

  // The driver.

  receive(chunk: Buffer): void {
    if (this.closed) return;
    try {
      this.receiver.read(chunk);
    } catch (reason) {
      if (!(reason instanceof ConnectionFault)) throw reason;
      this.destroy(reason.code, reason.message);
    }
  }

  get pendingBytes(): number {
    return this.sender.output.bytes;
  }

  flush(write: (piece: Uint8Array, more: boolean) => void): void {
    this.flushedId = this.streams.lastId;
    this.sender.flush(write);
  }

  flushed(full: boolean, copied = false): void {
    if (copied) this.sender.output.recycle();
    this.sender.flushed(full);
  }

  get lastStreamId(): number {
    return this.streams.lastId;
  }

  get unfinished(): number {
    return this.receiver.unfinished;
  }

  get streamFrames(): number {
    return this.receiver.streamFrames;
  }

  lost(cause?: Error): void {
    if (this.closed) return;
    const reason = cause?.message ?? "the peer closed the HTTP/2 connection";
    const idle = !cause && this.streams.size === 0 && this.queued.size === 0;
    this.end(idle ? undefined : new Http2Error(ErrorCode.CANCEL, reason, cause && { cause }));
  }

  // The sender.

  sentEnd(stream: Stream): void {
    stream.localEnded = true;
    if (stream.remoteEnded) this.closeStream(stream, ErrorCode.NO_ERROR, "both");
    // The answer is complete, so nothing more of the request is wanted: RFC 9113 §8.1.
    else if (this.role === "server") this.resetStream(stream, ErrorCode.NO_ERROR);
    this.sender.completed(this.streams.size);
  }

  // Streams.

  sendHeaders(stream: Stream, headers: Headers, more: Fields, end: boolean): void {
    if (stream.closed) return;
    if (stream.headersSent) throw new Error("the headers of this stream have been sent");
    this.sender.headers(stream.id, headers, more, end);
    stream.headersSent = true;
    stream.finished = end;
    if (end) this.sentEnd(stream);
  }

  sendData(stream: Stream, data: Uint8Array, end: boolean): boolean {
    if (stream.closed) return true;
    mayWrite(stream);
    stream.finished = end;
    return this.sender.data(stream, data, end);
  }

  sendTrailers(stream: Stream, trailers: Headers, more: Fields): void {
    if (stream.closed) return;
    mayWrite(stream);
    checkHeaders(trailers, more);
    stream.finished = true;
    this.sender.trailers(stream, trailers, more);
  }

  resetStream(stream: Stream, code: number): void {
    if (stream.closed) return;
    if (stream.id > 0) this.sender.number(frame.RST_STREAM, stream.id, code);
    this.closeStream(stream, code, "us");
  }

  consumed(stream: Stream, bytes: number): void {
    this.inflow.consumed(stream, bytes);
  }

  closeStream(stream: Stream, code: number, endedBy: EndedBy): void {
    if (stream.closed) return;
    stream.endedBy = endedBy;
    if (stream.id === 0 || (endedBy === "connection" && this.role === "client" && stream.id > this.flushedId))
      stream.unprocessed = true;
    this.sender.drop(stream);
    if (stream.id === 0) this.queued.delete(stream);
    else this.streams.remove(stream.id, endedBy === "us" && !stream.remoteEnded);
    this.inflow.release(stream);
    stream.handler.onClose?.(stream, code);
    if (this.closed) return;
    if (this.queued.size > 0) this.openQueued();
    this.ending.endWhenEmpty();
  }

  // The receiver.

  acceptStream(id: number): Stream {
    const stream = new Stream(this, id, this.peerSettings.initialWindowBytes, this.inflow.streamWindow());
    stream.headersReceived = true;
    this.streams.add(stream);
    return stream;
  }

  announceStream(stream: Stream, headers: HeaderList): void {
    if (this.events.onStream) this.events.onStream(stream, headers);
    else this.resetStream(stream, ErrorCode.REFUSED_STREAM);
  }

  refuseStream(id: number, code: number): void {
    const stream = this.streams.get(id);
    if (stream) this.closeStream(stream, code, "us");
    else this.streams.remember(id);
    this.sender.replyReset(id, code);
  }

  receivedSettings(payload: Buffer, start: number, end: number): void {
    const { peerSettings, sender } = this;
    const before = peerSettings.initialWindowBytes;
    if (!this.peerHasSpoken) peerSettings.maxConcurrentStreams = Number.POSITIVE_INFINITY;
    this.peerHasSpoken = true;
    settings.readSettings(payload, start, end, peerSettings);
    if (this.role === "client" && peerSettings.enablePush)
      throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a server announced ENABLE_PUSH");
    sender.configure(peerSettings);
    sender.reply(frame.SETTINGS, frame.ACK, 0, nothing);
    sender.widenAll(this.streams.all(), peerSettings.initialWindowBytes - before);
    this.openQueued();
  }

  settingsAcknowledged(): void {
    if (this.pings.roundTripMs === 0) this.pings.sample(this.settingsSentAt);
  }

  receivedPing(ack: boolean, chunk: Buffer, at: number): void {
    this.pings.received(ack, chunk, at, this.streams.size);
  }

  receivedGoaway(code: number, lastStreamId: number, debug: string): void {
    if (this.role === "client") {
      this.ending.begun = true;
      for (const stream of this.streams.all()) if (stream.id > lastStreamId) this.repeatElsewhere(stream);
      for (const stream of this.queued) this.repeatElsewhere(stream);
    }
    this.events.onGoaway?.(code, lastStreamId, debug);
    if (this.role === "client") this.ending.endWhenEmpty();
  }

  private repeatElsewhere(stream: Stream): void {
    stream.unprocessed = true;
    this.closeStream(stream, ErrorCode.REFUSED_STREAM, "peer");
  }

  receivedWindow(stream: Stream | undefined, increment: number): boolean {
    return this.sender.receivedWindow(stream, increment);
  }

  sendWindowUpdate(streamId: number, increment: number): void {
    if (!this.closed) this.sender.number(frame.WINDOW_UPDATE, streamId, increment);
  }
}
