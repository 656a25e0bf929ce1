import type { Fields } from "../header-list.ts";
import type { HpackEncoder } from "../hpack/encoder.ts";
import type { HeaderTemplate } from "../hpack/header-template.ts";
import { Output } from "../output.ts";
import * as frame from "./frame.ts";

/** Payloads up to this are copied behind their frame header: cheaper than one more piece to write. */
export const copyBytes = 4096;

/** Turns what is to be sent into frames, one after the other. It knows nothing of windows and streams. */
export class FrameWriter {
  readonly output: Output = new Output();
  /** The largest payload that the peer accepts. */
  maxFrameBytes: number = frame.minMaxFrame;

  // The DATA frame that ends the output, to which more of the same stream can be added; -1 when there is none.
  private dataAt = -1;
  private dataStream = 0;
  private dataBytes = 0;

  /** What a client sends first. */
  preface(): void {
    this.output.reserve(frame.preface.length);
    frame.preface.copy(this.output.buffer, this.output.end);
    this.output.end += frame.preface.length;
  }

  /** A frame with a small payload. */
  control(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    const at = this.begin(payload.length, payload.length, type, flags, streamId);
    this.output.buffer.set(payload, at);
    this.output.end = at + payload.length;
  }

  /** A frame whose payload is one number: RST_STREAM, WINDOW_UPDATE. */
  number(type: number, streamId: number, value: number): void {
    const at = this.begin(4, 4, type, 0, streamId);
    frame.writeUint32(this.output.buffer, at, value);
    this.output.end = at + 4;
  }

  /** A header block, in as many frames as it takes. Nothing is written when the encoder refuses a field. */
  headers(
    streamId: number,
    endStream: boolean,
    encoder: HpackEncoder,
    template: HeaderTemplate | undefined,
    fields: Fields,
  ): void {
    const { output } = this;
    if (output.reserve(frame.headerBytes + encoder.bound(template, fields))) this.dataAt = -1;
    const at = output.end;
    const block = at + frame.headerBytes;
    const end = encoder.encode(output.buffer, block, template, fields);
    this.dataAt = -1;
    const flags = endStream ? frame.END_STREAM : 0;
    if (end - block <= this.maxFrameBytes) {
      frame.writeFrameHeader(output.buffer, at, end - block, frame.HEADERS, flags | frame.END_HEADERS, streamId);
      output.end = end;
    } else {
      this.longHeaders(streamId, flags, Buffer.from(output.buffer.subarray(block, end)));
    }
  }

  private longHeaders(streamId: number, flags: number, block: Buffer): void {
    for (let at = 0; at < block.length; at += this.maxFrameBytes) {
      const part = block.subarray(at, at + this.maxFrameBytes);
      const last = at + this.maxFrameBytes >= block.length ? frame.END_HEADERS : 0;
      if (at === 0) this.control(frame.HEADERS, flags | last, streamId, part);
      else this.control(frame.CONTINUATION, last, streamId, part);
    }
  }

  /** DATA; added to the frame before it where that is of the same stream. A large payload is kept by reference. */
  data(streamId: number, payload: Uint8Array, end: boolean): void {
    const { output } = this;
    const { length } = payload;
    const copied = length <= copyBytes;
    if (copied && output.reserve(length + frame.headerBytes)) this.dataAt = -1;
    const grows = this.dataAt >= 0 && this.dataStream === streamId && this.dataBytes + length <= this.maxFrameBytes;
    const at = grows ? this.extend(length, end) : this.beginData(streamId, length, end);
    if (copied) {
      // A loop beats the call of a native copy on a few bytes.
      if (length < 32) for (let i = 0; i < length; i++) output.buffer[at + i] = payload[i] ?? 0;
      else output.buffer.set(payload, at);
      output.end = at + length;
    } else {
      output.append(payload);
      this.dataAt = -1;
    }
  }

  /** The output was fetched: what it ended with can no longer be added to. */
  fetched(): void {
    this.dataAt = -1;
  }

  private extend(length: number, end: boolean): number {
    const { output } = this;
    this.dataBytes += length;
    const flags = end ? frame.END_STREAM : 0;
    frame.writeFrameHeader(output.buffer, this.dataAt, this.dataBytes, frame.DATA, flags, this.dataStream);
    return output.end;
  }

  private beginData(streamId: number, length: number, end: boolean): number {
    const room = length <= copyBytes ? length : 0;
    const at = this.begin(length, room, frame.DATA, end ? frame.END_STREAM : 0, streamId);
    this.output.end = at;
    this.dataAt = at - frame.headerBytes;
    this.dataStream = streamId;
    this.dataBytes = length;
    return at;
  }

  /** Writes a frame header and gives the place of the payload, for which there is `room`. */
  private begin(length: number, room: number, type: number, flags: number, streamId: number): number {
    this.dataAt = -1;
    const { output } = this;
    output.reserve(frame.headerBytes + room);
    frame.writeFrameHeader(output.buffer, output.end, length, type, flags, streamId);
    return output.end + frame.headerBytes;
  }
}
