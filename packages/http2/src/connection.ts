import type { Http2Error } from "./errors.ts";
import type { Settings } from "./frames/settings.ts";
import type { Fields, HeaderList } from "./header-list.ts";
import type { Limits } from "./limits.ts";
import type { Headers, Stream, StreamHandler } from "./stream.ts";

/** Which side of a connection one is. */
export type Role = "client" | "server";

/** What a connection tells its owner. */
export interface ConnectionEvents {
  /** A request has come, to a server. Set `stream.handler`; answer now or later. */
  onStream?(stream: Stream, headers: HeaderList): void;
  /** The peer lets this connection end: no request can be made on it any more. */
  onGoaway?(code: number, lastStreamId: number, debug: string): void;
  /** The connection is over, and so are its streams. Without `error` all went well. */
  onClose?(error?: Http2Error): void;
}

/** Settings of a connection. */
export interface ConnectionOptions extends ConnectionEvents {
  /** Overrides single limits; see `Limits`. */
  limits?: Partial<Limits>;
  /**
   * Accepts requests that carry `connection`, `keep-alive`, `proxy-connection`, `transfer-encoding`, `upgrade`,
   * `http2-settings`, `te` or `content-length` where RFC 9113 wants them refused, and hands them on without these
   * fields. @default false
   */
  lenientHeaders?: boolean;
  /**
   * The shortest time between PINGs of the peer that have nothing to do with data, in milliseconds: what it sends before
   * this side has sent headers or data again. The third in a row that comes too soon ends the connection with
   * ENHANCE_YOUR_CALM and "too_many_pings", as gRPC has it. @default 0, only the limit `pings` holds
   */
  minPingMs?: number;
  /** Whether the peer may send PINGs while no stream is open; otherwise each of them comes too soon. @default true */
  pingsWithoutStreams?: boolean;
}

/** One side of an HTTP/2 connection. */
export interface Connection {
  readonly role: Role;
  readonly limits: Limits;
  /** Requests can be made: nobody is ending the connection. */
  readonly accepting: boolean;
  /** True once the connection is over. */
  readonly closed: boolean;
  /** Why it ended; undefined while it has not, and after a good end. */
  readonly error: Http2Error | undefined;
  /** Streams that are open. */
  readonly open: number;
  /** Requests that wait because the peer accepts no more streams at once. */
  readonly waiting: number;
  /** The shortest round trip seen, in milliseconds; 0 while none is known. */
  readonly roundTripMs: number;
  /** What the peer has announced. */
  readonly peerSettings: Readonly<Settings>;

  /**
   * Makes a request: `headers`, then `more`. `end` says that no body follows. When the peer accepts no further stream
   * the request waits for its turn. Throws an Http2Error when `accepting` is false, and a TypeError for a field that
   * cannot be sent.
   */
  request(handler: StreamHandler, headers: Headers, more?: Fields, end?: boolean): Stream;
  /** Asks the peer for a sign of life; `answered` is called when it comes. */
  ping(answered?: () => void): void;
  /**
   * Ends the connection when its streams have ended. A server announces that first and stops accepting when the peer
   * has seen it, or after a second, so that no request on its way is lost; a client makes no further request.
   */
  drain(): void;
  /** Ends the connection and all its streams at once, with GOAWAY. */
  destroy(code?: number, message?: string): void;
}

/** A connection without I/O, to be driven by whoever has the bytes. */
export interface Engine extends Connection {
  /** Writes what goes first. Once, before anything else. */
  start(): void;
  /** Takes bytes from the peer, which belong to the engine from then on. Throws only what a handler throws. */
  receive(chunk: Buffer): void;
  /** Bytes that wait to be sent. */
  readonly pendingBytes: number;
  /** Hands over what waits to be sent, piece by piece, in order; `more` says that another one follows. */
  flush(write: (piece: Uint8Array, more: boolean) => void): void;
  /**
   * To be called after `flush` and whenever the answer changes: `full` while what was handed over still waits, and
   * streams had better queue for themselves; `copied` when nobody holds the pieces any more, so that their memory can
   * be used again.
   */
  flushed(full: boolean, copied?: boolean): void;
  /**
   * 0 between frames and within DATA; within anything else (the preface, a frame, a header block) a number that changes
   * with every frame. One that stays the same is a peer that does not finish what it began.
   */
  readonly unfinished: number;
  /** How many frames on streams, HEADERS and DATA, the peer has sent. */
  readonly streamFrames: number;
  /** The highest stream that either side has begun; 0 while there was none. */
  readonly lastStreamId: number;
  /** The connection below is gone; the message of `cause` becomes that of the error. */
  lost(cause?: Error): void;
}

/** How an engine reaches whoever drives it. */
export interface Driver {
  /** There is something to flush; said once, until it is flushed. After the end of the connection too. */
  wake(): void;
  /** So much is complete that it had better be flushed before the turn of the event loop ends. */
  hurry?(): void;
  /** Milliseconds from any moment on. */
  now(): number;
  /** Runs `action` once after `ms` milliseconds; the answer cancels it. */
  after(ms: number, action: () => void): () => void;
}
