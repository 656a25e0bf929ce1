import { ConnectionFault, ErrorCode } from "./errors.ts";
import type { HeaderList } from "./header-list.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import type { Limits } from "./limits.ts";

/** Puts header blocks together that come in several frames, within limits, and decodes them. */
export class HeaderBlock {
  // Of the block that is open.
  streamId = 0;
  endStream = false;
  dependsOn = -1;
  private parts: Buffer[] = [];
  private bytes = 0;
  private continuations = 0;

  private readonly limits: Limits;
  private readonly decoder: HpackDecoder;

  constructor(limits: Limits) {
    this.limits = limits;
    this.decoder = new HpackDecoder(limits.headerTableBytes, limits.maxHeaderListBytes);
  }

  /** Decodes a block that came in one frame. */
  decode(chunk: Buffer, start: number, end: number): HeaderList {
    return this.decoder.decode(chunk, start, end);
  }

  /** Opens a block that goes on in the next frame. */
  begin(streamId: number, endStream: boolean, dependsOn: number, chunk: Buffer, start: number, end: number): void {
    this.streamId = streamId;
    this.endStream = endStream;
    this.dependsOn = dependsOn;
    this.continuations = 0;
    this.bytes = 0;
    this.push(chunk, start, end);
  }

  /** Adds the next frame. */
  add(chunk: Buffer, start: number, end: number): void {
    if (++this.continuations > this.limits.maxContinuations)
      throw new ConnectionFault(
        ErrorCode.ENHANCE_YOUR_CALM,
        `a header block in ${this.continuations} CONTINUATION frames`,
      );
    this.push(chunk, start, end);
  }

  /** Decodes the open block. */
  decodeParts(): HeaderList {
    const block = Buffer.concat(this.parts, this.bytes);
    this.parts = [];
    return this.decoder.decode(block, 0, block.length);
  }

  /** The peer knows our limit for the table. */
  settingsAcknowledged(): void {
    this.decoder.allow(this.limits.headerTableBytes);
  }

  private push(chunk: Buffer, start: number, end: number): void {
    this.bytes += end - start;
    if (this.bytes > this.limits.maxHeaderListBytes)
      throw new ConnectionFault(
        ErrorCode.ENHANCE_YOUR_CALM,
        `a header block of more than ${this.limits.maxHeaderListBytes} bytes`,
      );
    // A copy: a part would keep the whole chunk that it came in, however small it is.
    this.parts.push(Buffer.from(chunk.subarray(start, end)));
  }
}
