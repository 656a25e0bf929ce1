import { ConnectionFault, ErrorCode } from "../errors.ts";
import * as frame from "./frame.ts";

/**
 * Told of each frame. What a frame says by itself has been checked: lengths, padding, the stream that it may or must
 * name, and that nothing stands between the parts of a header block. The bytes are in `chunk` from `start` to `end`,
 * valid during the call.
 */
export interface FrameHandler {
  /**
   * Payload of a DATA frame. A frame that arrives in parts is handed on in parts, so that nothing waits and nothing is
   * copied. `padding` are bytes that count for flow control but carry nothing; `endStream` stands with the last part.
   */
  data(streamId: number, chunk: Buffer, start: number, end: number, padding: number, endStream: boolean): void;
  /** The beginning of a header block, which ends here or with a `continuation`. `dependsOn` is -1 without priority. */
  headers(streamId: number, flags: number, dependsOn: number, chunk: Buffer, start: number, end: number): void;
  continuation(endHeaders: boolean, chunk: Buffer, start: number, end: number): void;
  priority(streamId: number, dependsOn: number): void;
  reset(streamId: number, code: number): void;
  settings(ack: boolean, chunk: Buffer, start: number, end: number): void;
  ping(ack: boolean, chunk: Buffer, start: number): void;
  goaway(lastStreamId: number, code: number, chunk: Buffer, start: number, end: number): void;
  windowUpdate(streamId: number, increment: number): void;
  unknown(type: number): void;
}

/**
 * Cuts bytes into frames. Frames that lie whole in a chunk are read where they are; of others the parts are put
 * together in one buffer, DATA excepted. Breaches of the frame layer throw a ConnectionFault.
 */
export class FrameReader {
  /** Set to stop after the frame at hand; what is received from then on is ignored. */
  stopped = false;
  private readonly handler: FrameHandler;
  private readonly maxFrameBytes: number;
  private prefaceLeft: number;
  private frames = 0;

  // The frame at hand.
  private length = 0;
  private type = 0;
  private flags = 0;
  private streamId = 0;

  // Its first nine bytes, when they come in parts.
  private readonly head: Buffer = Buffer.alloc(frame.headerBytes);
  private headFill = 0;

  // Its payload, when that comes in parts.
  private body: Buffer | undefined;
  private bodyFill = 0;

  // What is missing of a DATA frame; -1 outside of one. `padNext` while the length of the padding is to come.
  private dataLeft = -1;
  private padLeft = 0;
  private padNext = false;

  /** The stream whose header block is open; 0 when none is. */
  private continuing = 0;

  /** A server expects the preface of the client first. */
  constructor(handler: FrameHandler, maxFrameBytes: number, expectPreface: boolean) {
    this.handler = handler;
    this.maxFrameBytes = maxFrameBytes;
    this.prefaceLeft = expectPreface ? frame.preface.length : 0;
  }

  /** 0 between frames and within DATA; else the number of the frame, counted from 1, that is half read. */
  get unfinished(): number {
    const halfRead = this.prefaceLeft > 0 || this.headFill > 0 || this.body !== undefined || this.continuing !== 0;
    return halfRead ? this.frames + 1 : 0;
  }

  /** Reads the next bytes. */
  read(chunk: Buffer): void {
    let at = 0;
    const end = chunk.length;
    if (this.prefaceLeft > 0) at = this.matchPreface(chunk);
    while (at < end && !this.stopped) {
      if (this.dataLeft >= 0) {
        at = this.continueData(chunk, at, end);
      } else if (this.body) {
        at = this.continueBody(this.body, chunk, at, end);
      } else if (this.headFill === 0 && end - at >= frame.headerBytes) {
        this.readHead(chunk, at);
        at = this.payload(chunk, at + frame.headerBytes, end);
      } else {
        const part = Math.min(frame.headerBytes - this.headFill, end - at);
        chunk.copy(this.head, this.headFill, at, at + part);
        this.headFill += part;
        at += part;
        if (this.headFill < frame.headerBytes) return;
        this.headFill = 0;
        this.readHead(this.head, 0);
        at = this.payload(chunk, at, end);
      }
    }
  }

  private matchPreface(chunk: Buffer): number {
    const { preface } = frame;
    let at = 0;
    while (at < chunk.length && this.prefaceLeft > 0) {
      if (chunk[at++] !== preface[preface.length - this.prefaceLeft])
        throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "the connection does not begin with the HTTP/2 preface");
      this.prefaceLeft--;
    }
    return at;
  }

  private readHead(from: Buffer, at: number): void {
    this.length = ((from[at] ?? 0) << 16) | ((from[at + 1] ?? 0) << 8) | (from[at + 2] ?? 0);
    this.type = from[at + 3] ?? 0;
    this.flags = from[at + 4] ?? 0;
    this.streamId = frame.readUint32(from, at + 5) & 0x7fff_ffff;
    this.checkHead();
  }

  private checkHead(): void {
    const { length, type, flags, streamId } = this;
    if (this.frames++ === 0) {
      if (type !== frame.SETTINGS || flags & frame.ACK)
        fault(ErrorCode.PROTOCOL_ERROR, "the first frame is not SETTINGS");
    }
    if (length > this.maxFrameBytes)
      fault(ErrorCode.FRAME_SIZE_ERROR, `a frame of ${length} bytes exceeds the ${this.maxFrameBytes} allowed`);
    if (this.continuing !== 0) {
      if (type !== frame.CONTINUATION || streamId !== this.continuing)
        fault(
          ErrorCode.PROTOCOL_ERROR,
          `a frame of type ${type} interrupts the header block of stream ${this.continuing}`,
        );
    } else if (type === frame.CONTINUATION) {
      fault(ErrorCode.PROTOCOL_ERROR, "CONTINUATION without an open header block");
    }
    switch (type) {
      case frame.DATA:
      case frame.HEADERS:
      case frame.PRIORITY:
      case frame.RST_STREAM:
      case frame.CONTINUATION:
        if (streamId === 0) fault(ErrorCode.PROTOCOL_ERROR, `a frame of type ${type} names no stream`);
        break;
      case frame.SETTINGS:
      case frame.PING:
      case frame.GOAWAY:
        if (streamId !== 0) fault(ErrorCode.PROTOCOL_ERROR, `a frame of type ${type} names a stream`);
        break;
      case frame.PUSH_PROMISE:
        fault(ErrorCode.PROTOCOL_ERROR, "PUSH_PROMISE, though push is off");
    }
    const exact = exactLength(type, flags);
    if (exact >= 0 && length !== exact)
      fault(ErrorCode.FRAME_SIZE_ERROR, `a frame of type ${type} has ${length} bytes, not ${exact}`);
    if (type === frame.SETTINGS && length % 6 !== 0)
      fault(ErrorCode.FRAME_SIZE_ERROR, `SETTINGS of ${length} bytes, no multiple of 6`);
    if (type === frame.GOAWAY && length < 8) fault(ErrorCode.FRAME_SIZE_ERROR, `GOAWAY of ${length} bytes, below 8`);
  }

  /** Takes the payload as far as it is there, and gives the position after it. */
  private payload(chunk: Buffer, at: number, end: number): number {
    const { length } = this;
    if (this.type === frame.DATA) {
      if (this.flags & frame.PADDED) {
        if (length === 0) fault(ErrorCode.FRAME_SIZE_ERROR, "padded DATA without the length of its padding");
        this.padNext = true;
        this.dataLeft = length - 1;
        return at;
      }
      if (length <= end - at) {
        this.handler.data(this.streamId, chunk, at, at + length, 0, (this.flags & frame.END_STREAM) !== 0);
        return at + length;
      }
      this.dataLeft = length;
      return at;
    }
    if (length <= end - at) {
      this.dispatch(chunk, at, at + length);
      return at + length;
    }
    this.body = Buffer.allocUnsafe(length);
    this.bodyFill = 0;
    return at;
  }

  private continueBody(body: Buffer, chunk: Buffer, at: number, end: number): number {
    const part = Math.min(this.length - this.bodyFill, end - at);
    chunk.copy(body, this.bodyFill, at, at + part);
    this.bodyFill += part;
    if (this.bodyFill === this.length) {
      this.body = undefined;
      this.dispatch(body, 0, this.length);
    }
    return at + part;
  }

  private continueData(chunk: Buffer, from: number, end: number): number {
    let at = from;
    let padding = 0;
    if (this.padNext) {
      const padLength = chunk[at++] ?? 0;
      padding = 1;
      this.padNext = false;
      if (padLength > this.dataLeft) fault(ErrorCode.PROTOCOL_ERROR, "DATA with more padding than payload");
      this.padLeft = padLength;
      this.dataLeft -= padLength;
    }
    const start = at;
    at += Math.min(this.dataLeft, end - at);
    const stop = at;
    this.dataLeft -= stop - start;
    if (this.dataLeft === 0) {
      const skipped = Math.min(this.padLeft, end - at);
      at += skipped;
      padding += skipped;
      this.padLeft -= skipped;
    }
    const last = this.dataLeft === 0 && this.padLeft === 0;
    if (last) this.dataLeft = -1;
    this.handler.data(this.streamId, chunk, start, stop, padding, last && (this.flags & frame.END_STREAM) !== 0);
    return at;
  }

  private dispatch(from: Buffer, start: number, end: number): void {
    const { handler, streamId, flags } = this;
    switch (this.type) {
      case frame.HEADERS:
        this.headers(from, start, end);
        break;
      case frame.CONTINUATION:
        if (flags & frame.END_HEADERS) this.continuing = 0;
        handler.continuation((flags & frame.END_HEADERS) !== 0, from, start, end);
        break;
      case frame.PRIORITY:
        handler.priority(streamId, frame.readUint32(from, start) & 0x7fff_ffff);
        break;
      case frame.RST_STREAM:
        handler.reset(streamId, frame.readUint32(from, start));
        break;
      case frame.SETTINGS:
        handler.settings((flags & frame.ACK) !== 0, from, start, end);
        break;
      case frame.PING:
        handler.ping((flags & frame.ACK) !== 0, from, start);
        break;
      case frame.GOAWAY: {
        const lastStreamId = frame.readUint32(from, start) & 0x7fff_ffff;
        handler.goaway(lastStreamId, frame.readUint32(from, start + 4), from, start + 8, end);
        break;
      }
      case frame.WINDOW_UPDATE:
        handler.windowUpdate(streamId, frame.readUint32(from, start) & 0x7fff_ffff);
        break;
      default:
        handler.unknown(this.type);
    }
  }

  private headers(from: Buffer, start: number, end: number): void {
    const { flags, streamId } = this;
    let at = start;
    let stop = end;
    let dependsOn = -1;
    if (flags & frame.PADDED) stop -= from[at++] ?? 0;
    if (flags & frame.PRIORITY_FLAG) {
      dependsOn = frame.readUint32(from, at) & 0x7fff_ffff;
      at += 5;
    }
    const least = (flags & frame.PADDED ? 1 : 0) + (flags & frame.PRIORITY_FLAG ? 5 : 0);
    if (end - start < least) fault(ErrorCode.FRAME_SIZE_ERROR, `HEADERS of ${end - start} bytes, below ${least}`);
    if (stop < at) fault(ErrorCode.PROTOCOL_ERROR, "HEADERS with more padding than payload");
    if (!(flags & frame.END_HEADERS)) this.continuing = streamId;
    this.handler.headers(streamId, flags, dependsOn, from, at, stop);
  }
}

/** The only length that frames of this type have; -1 when there is none. */
function exactLength(type: number, flags: number): number {
  switch (type) {
    case frame.PRIORITY:
      return 5;
    case frame.RST_STREAM:
    case frame.WINDOW_UPDATE:
      return 4;
    case frame.PING:
      return 8;
    case frame.SETTINGS:
      return flags & frame.ACK ? 0 : -1;
    default:
      return -1;
  }
}

function fault(code: number, message: string): never {
  throw new ConnectionFault(code, message);
}
