import { checkHeaders, type Verdict } from "./check-headers.ts";
import type { Role } from "./connection.ts";
import { ConnectionFault, ErrorCode } from "./errors.ts";
import { FloodGuard } from "./flood-guard.ts";
import * as frame from "./frames/frame.ts";
import { type FrameHandler, FrameReader } from "./frames/reader.ts";
import { HeaderBlock } from "./header-block.ts";
import type { HeaderList } from "./header-list.ts";
import { HeaderTemplate } from "./hpack/header-template.ts";
import type { Inflow } from "./inflow.ts";
import type { Limits } from "./limits.ts";
import type { EndedBy, Headers, Stream } from "./stream.ts";
import type { StreamTable } from "./stream-table.ts";

/** What the receiver asks of its connection. */
export interface ReceiverHost {
  readonly role: Role;
  readonly limits: Limits;
  /** The highest stream that is still accepted. */
  readonly lastAccepted: number;
  acceptStream(id: number): Stream;
  announceStream(stream: Stream, headers: HeaderList): void;
  /** Answers a mistake on one stream with RST_STREAM. */
  refuseStream(id: number, code: number): void;
  closeStream(stream: Stream, code: number, endedBy: EndedBy): void;
  receivedSettings(payload: Buffer, start: number, end: number): void;
  settingsAcknowledged(): void;
  receivedPing(ack: boolean, chunk: Buffer, at: number): void;
  receivedGoaway(code: number, lastStreamId: number, debug: string): void;
  /** Opens the window of a stream, or of the connection; false when that is too much. */
  receivedWindow(stream: Stream | undefined, increment: number): boolean;
}

/** The incoming half of a connection: turns frames into what happens on streams, and holds the peer to the rules. */
export class Receiver implements FrameHandler {
  private readonly host: ReceiverHost;
  private readonly streams: StreamTable;
  private readonly limits: Limits;
  private readonly server: boolean;
  private readonly lenient: boolean;
  private readonly reader: FrameReader;
  private readonly block: HeaderBlock;
  private readonly inflow: Inflow;
  private readonly guard: FloodGuard;
  private settingsAcknowledged = false;
  streamFrames = 0;

  constructor(host: ReceiverHost, streams: StreamTable, inflow: Inflow, lenient: boolean, now: () => number) {
    this.host = host;
    this.streams = streams;
    this.inflow = inflow;
    this.limits = host.limits;
    this.server = host.role === "server";
    this.lenient = lenient;
    this.reader = new FrameReader(this, host.limits.maxFrameBytes, this.server);
    this.block = new HeaderBlock(host.limits);
    this.guard = new FloodGuard(host.limits, now);
  }

  read(chunk: Buffer): void {
    this.reader.read(chunk);
  }

  /** Ignores everything from now on. */
  stop(): void {
    this.reader.stopped = true;
  }

  get unfinished(): number {
    return this.reader.unfinished;
  }

  // Frames.

  data(id: number, chunk: Buffer, start: number, end: number, padding: number, endStream: boolean): void {
    this.streamFrames++;
    const bytes = end - start;
    const counted = bytes + padding;
    if (counted > 0 && !this.inflow.take(counted))
      fault(ErrorCode.FLOW_CONTROL_ERROR, "the peer sent more than the window of the connection");
    if (bytes === 0 && !endStream) this.guard.idleFrame();
    const stream = this.streams.get(id);
    const mistake = stream ? this.dataMistake(stream, bytes, counted, endStream) : this.strayMistake(id, "DATA");
    if (!stream || mistake !== ErrorCode.NO_ERROR) {
      if (counted > 0) this.inflow.reopenConnection(counted);
      if (mistake !== ErrorCode.NO_ERROR) this.refuse(id, mistake);
      return;
    }
    // Before the handler is called, so that one which answers at once does not see half a request.
    if (endStream) stream.remoteEnded = true;
    if (padding > 0) this.inflow.reopen(stream, padding);
    if (bytes > 0) {
      stream.unconsumed += bytes;
      if (stream.handler.onData) stream.handler.onData(stream, chunk, start, end);
      else this.inflow.consumed(stream, bytes);
    }
    if (endStream) this.ended(stream);
  }

  private dataMistake(stream: Stream, bytes: number, counted: number, endStream: boolean): number {
    if (stream.remoteEnded) return ErrorCode.STREAM_CLOSED;
    if (!stream.headersReceived) return ErrorCode.PROTOCOL_ERROR;
    if (counted > 0 && !stream.receiveWindow.take(counted)) return ErrorCode.FLOW_CONTROL_ERROR;
    if (stream.expected < 0) return ErrorCode.NO_ERROR;
    stream.expected -= bytes;
    const wrong = endStream ? stream.expected !== 0 : stream.expected < 0;
    return wrong ? ErrorCode.PROTOCOL_ERROR : ErrorCode.NO_ERROR;
  }

  /** A frame on no open stream: a fault, unless we reset the stream and the peer may not know it yet. */
  private strayMistake(id: number, what: string): number {
    if (this.streams.isIdle(id)) fault(ErrorCode.PROTOCOL_ERROR, `${what} on stream ${id}, which was never opened`);
    if (!this.streams.mayStillReceive(id)) fault(ErrorCode.STREAM_CLOSED, `${what} on stream ${id}, which has ended`);
    return ErrorCode.NO_ERROR;
  }

  private ended(stream: Stream): void {
    stream.remoteEnded = true;
    if (stream.closed) return;
    stream.handler.onEnd?.(stream);
    if (stream.localEnded) this.host.closeStream(stream, ErrorCode.NO_ERROR, "both");
  }

  headers(id: number, flags: number, dependsOn: number, chunk: Buffer, start: number, end: number): void {
    this.streamFrames++;
    const endStream = (flags & frame.END_STREAM) !== 0;
    if (start === end && !endStream) this.guard.idleFrame();
    if (flags & frame.END_HEADERS) this.message(id, endStream, dependsOn, this.block.decode(chunk, start, end));
    else this.block.begin(id, endStream, dependsOn, chunk, start, end);
  }

  continuation(endHeaders: boolean, chunk: Buffer, start: number, end: number): void {
    if (start === end && !endHeaders) this.guard.idleFrame();
    const { block } = this;
    block.add(chunk, start, end);
    if (endHeaders) this.message(block.streamId, block.endStream, block.dependsOn, block.decodeParts());
  }

  /** A complete header block. It was decoded in any case, since the table for the next one depends on it. */
  private message(id: number, endStream: boolean, dependsOn: number, list: HeaderList): void {
    const stream = this.streams.get(id);
    let mistake: number;
    const onItself = dependsOn === id;
    if (stream && onItself) mistake = ErrorCode.PROTOCOL_ERROR;
    else if (stream?.remoteEnded) mistake = ErrorCode.STREAM_CLOSED;
    else if (stream?.headersReceived) mistake = this.trailers(stream, endStream, list);
    else if (stream) mistake = this.response(stream, endStream, list);
    else if (this.server && id > this.streams.lastId) mistake = this.request(id, endStream, onItself, list);
    else mistake = this.strayMistake(id, "HEADERS");
    if (mistake !== ErrorCode.NO_ERROR) this.refuse(id, mistake);
  }

  private request(id: number, endStream: boolean, onItself: boolean, list: HeaderList): number {
    if (id % 2 === 0) fault(ErrorCode.PROTOCOL_ERROR, `a client opened stream ${id}, which is not odd`);
    this.streams.lastId = id;
    // The last GOAWAY has said that such streams are not looked at.
    if (id > this.host.lastAccepted) {
      this.streams.remember(id);
      return ErrorCode.NO_ERROR;
    }
    if (this.streams.size >= this.limits.maxConcurrentStreams) return ErrorCode.REFUSED_STREAM;
    const verdict = checkHeaders(list, "request", this.lenient);
    if (verdict.problem !== "" || onItself || (endStream && verdict.contentLength > 0)) return ErrorCode.PROTOCOL_ERROR;
    if (list.tooLarge) return ErrorCode.ENHANCE_YOUR_CALM;
    const stream = this.host.acceptStream(id);
    stream.expected = verdict.contentLength;
    if (endStream) stream.remoteEnded = true;
    this.host.announceStream(stream, verdict.headers);
    if (endStream) this.ended(stream);
    return ErrorCode.NO_ERROR;
  }

  private response(stream: Stream, endStream: boolean, list: HeaderList): number {
    const verdict = checkHeaders(list, "response", this.lenient);
    const interim = verdict.status < 200;
    if (verdict.problem !== "" || (interim && endStream)) return ErrorCode.PROTOCOL_ERROR;
    if (list.tooLarge) return ErrorCode.ENHANCE_YOUR_CALM;
    if (interim) {
      this.guard.idleFrame();
      return ErrorCode.NO_ERROR;
    }
    stream.headersReceived = true;
    if (verdict.contentLength >= 0 && hasBody(stream, verdict)) stream.expected = verdict.contentLength;
    if (endStream && stream.expected > 0) return ErrorCode.PROTOCOL_ERROR;
    if (endStream) stream.remoteEnded = true;
    stream.handler.onHeaders?.(stream, verdict.headers);
    if (endStream) this.ended(stream);
    return ErrorCode.NO_ERROR;
  }

  private trailers(stream: Stream, endStream: boolean, list: HeaderList): number {
    const verdict = checkHeaders(list, "trailers", this.lenient);
    if (!endStream || verdict.problem !== "" || stream.expected > 0) return ErrorCode.PROTOCOL_ERROR;
    if (list.tooLarge) return ErrorCode.ENHANCE_YOUR_CALM;
    stream.remoteEnded = true;
    stream.handler.onTrailers?.(stream, verdict.headers);
    this.ended(stream);
    return ErrorCode.NO_ERROR;
  }

  priority(id: number, dependsOn: number): void {
    this.guard.idleFrame();
    if (dependsOn === id) this.refuse(id, ErrorCode.PROTOCOL_ERROR);
  }

  reset(id: number, code: number): void {
    const stream = this.streams.get(id);
    if (!stream) {
      if (this.streams.isIdle(id))
        fault(ErrorCode.PROTOCOL_ERROR, `RST_STREAM on stream ${id}, which was never opened`);
      return;
    }
    if (this.server) this.guard.futileStream();
    if (code === ErrorCode.REFUSED_STREAM) stream.unprocessed = true;
    this.host.closeStream(stream, code, "peer");
  }

  settings(ack: boolean, chunk: Buffer, start: number, end: number): void {
    if (ack) {
      this.settingsAck();
      return;
    }
    this.guard.settingsFrame();
    this.host.receivedSettings(chunk, start, end);
  }

  private settingsAck(): void {
    if (this.settingsAcknowledged) {
      this.guard.idleFrame();
      return;
    }
    this.settingsAcknowledged = true;
    this.block.settingsAcknowledged();
    this.inflow.settingsAcknowledged(this.streams.all());
    this.host.settingsAcknowledged();
  }

  ping(ack: boolean, chunk: Buffer, start: number): void {
    this.guard.ping();
    this.host.receivedPing(ack, chunk, start);
  }

  goaway(lastStreamId: number, code: number, chunk: Buffer, start: number, end: number): void {
    this.guard.idleFrame();
    this.host.receivedGoaway(code, lastStreamId, chunk.toString("latin1", start, Math.min(end, start + 256)));
  }

  windowUpdate(id: number, increment: number): void {
    if (id === 0) {
      if (increment === 0) fault(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE by nothing");
      if (!this.host.receivedWindow(undefined, increment))
        fault(ErrorCode.FLOW_CONTROL_ERROR, "the window of the connection exceeds 2^31-1");
      return;
    }
    const stream = this.streams.get(id);
    if (!stream) {
      if (this.streams.isIdle(id))
        fault(ErrorCode.PROTOCOL_ERROR, `WINDOW_UPDATE on stream ${id}, which was never opened`);
    } else if (increment === 0) {
      this.refuse(id, ErrorCode.PROTOCOL_ERROR);
    } else if (!this.host.receivedWindow(stream, increment)) {
      this.refuse(id, ErrorCode.FLOW_CONTROL_ERROR);
    }
  }

  unknown(): void {
    this.guard.idleFrame();
  }

  private refuse(id: number, code: number): void {
    this.guard.futileStream();
    this.host.refuseStream(id, code);
  }
}

/** False for a response that declares the length of a body which it does not have: RFC 9110 §8.6. */
function hasBody(stream: Stream, { status }: Verdict): boolean {
  return status !== 204 && status !== 304 && !isHead(stream.requestHeaders) && !isHead(stream.requestFields);
}

function isHead(headers: Headers): boolean {
  const fields = headers instanceof HeaderTemplate ? headers.fields : headers;
  const at = fields.indexOf(":method");
  return at >= 0 && fields[at + 1] === "HEAD";
}

function fault(code: number, message: string): never {
  throw new ConnectionFault(code, message);
}
