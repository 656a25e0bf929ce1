import { defaultWindow, ReceiveWindow } from "./flow.ts";
import type { Limits } from "./limits.ts";
import type { Stream } from "./stream.ts";

/** What the flow of incoming data needs of its connection. */
export interface InflowHost {
  readonly limits: Limits;
  readonly roundTripMs: number;
  sendWindowUpdate(streamId: number, increment: number): void;
}

/** What the peer may send, on each stream and on the connection; opened again as the data is consumed. */
export class Inflow {
  private readonly host: InflowHost;
  private readonly now: () => number;
  private readonly window: ReceiveWindow;
  /** The window that the peer may believe a new stream has: until it knows better, at least the default. */
  private promisedWindow: number;

  constructor(host: InflowHost, now: () => number) {
    const { connectionWindowBytes, maxConnectionWindowBytes, streamWindowBytes } = host.limits;
    this.host = host;
    this.now = now;
    const size = Math.max(defaultWindow, connectionWindowBytes);
    this.window = new ReceiveWindow(defaultWindow, size, maxConnectionWindowBytes);
    this.promisedWindow = Math.max(defaultWindow, streamWindowBytes);
  }

  /** Announces the window of the connection, for which there is no setting. */
  openConnection(): void {
    const more = this.window.size - this.window.left;
    this.window.left += more;
    if (more > 0) this.host.sendWindowUpdate(0, more);
  }

  /** The window of a new stream. */
  streamWindow(): ReceiveWindow {
    const { streamWindowBytes, maxStreamWindowBytes } = this.host.limits;
    return new ReceiveWindow(this.promisedWindow, streamWindowBytes, maxStreamWindowBytes);
  }

  /** The peer has seen the window of streams. */
  settingsAcknowledged(streams: Iterable<Stream>): void {
    const less = this.promisedWindow - this.host.limits.streamWindowBytes;
    this.promisedWindow -= less;
    for (const stream of streams) stream.receiveWindow.left -= less;
  }

  /** Counts what arrived on the connection; false when it was more than the peer was allowed. */
  take(bytes: number): boolean {
    return this.window.take(bytes);
  }

  /** The consumer of a stream has dealt with `bytes`. */
  consumed(stream: Stream, bytes: number): void {
    const dealtWith = Math.min(bytes, stream.unconsumed);
    if (dealtWith <= 0) return;
    stream.unconsumed -= dealtWith;
    this.reopen(stream, dealtWith);
  }

  /** What a closed stream has left unconsumed no longer counts against the connection. */
  release(stream: Stream): void {
    const { unconsumed } = stream;
    stream.unconsumed = 0;
    if (unconsumed > 0) this.reopenConnection(unconsumed);
  }

  /** `bytes` of a stream need no consumer any more. */
  reopen(stream: Stream, bytes: number): void {
    this.reopenConnection(bytes);
    if (stream.remoteEnded || stream.closed || !stream.receiveWindow.give(bytes)) return;
    this.host.sendWindowUpdate(stream.id, stream.receiveWindow.open(this.now(), this.host.roundTripMs));
  }

  /** `bytes` of no stream need no consumer any more. */
  reopenConnection(bytes: number): void {
    if (this.window.give(bytes)) this.host.sendWindowUpdate(0, this.window.open(this.now(), this.host.roundTripMs));
  }
}
