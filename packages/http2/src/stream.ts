import { ErrorCode } from "./errors.ts";
import type { ReceiveWindow } from "./flow.ts";
import type { Fields, HeaderList } from "./header-list.ts";
import { checkFields, HeaderTemplate } from "./hpack/header-template.ts";

/** Fields to send: a template, or a list when they are sent but once. */
export type Headers = HeaderTemplate | Fields;

/** Who ended a stream: both sides in the ordinary way, we, the peer, or the end of the whole connection. */
export type EndedBy = "both" | "us" | "peer" | "connection";

/**
 * Told of what the peer does on a stream, in this order: headers, data, trailers, end; and at last, however the stream
 * ended, `onClose`. What is not there is not told.
 */
export interface StreamHandler {
  /** The headers of the response. (Those of a request come with the stream.) Interim responses are skipped. */
  onHeaders?(stream: Stream, headers: HeaderList): void;
  /**
   * Some of the body: `chunk` from `start` to `end`. On connections that `connect` opened it is valid during the call; on
   * others it may be kept, which keeps the whole chunk in memory. Report it with `stream.consumed`, now or later: until
   * then it counts against what the peer may send. Without this method all is consumed.
   */
  onData?(stream: Stream, chunk: Buffer, start: number, end: number): void;
  onTrailers?(stream: Stream, trailers: HeaderList): void;
  /** The peer has sent everything. */
  onEnd?(stream: Stream): void;
  /** Everything that `write` had to queue has been sent. Not told when the stream ends first. */
  onWritable?(stream: Stream): void;
  /**
   * The stream is over; called once, possibly within the call that ended it. `code` is NO_ERROR after the ordinary
   * end; `stream.endedBy` and `stream.unprocessed` say more.
   */
  onClose?(stream: Stream, code: number): void;
}

/** What a stream asks of its connection. */
export interface StreamOwner {
  sendHeaders(stream: Stream, headers: Headers, more: Fields, end: boolean): void;
  sendData(stream: Stream, data: Uint8Array, end: boolean): boolean;
  sendTrailers(stream: Stream, trailers: Headers, more: Fields): void;
  resetStream(stream: Stream, code: number): void;
  consumed(stream: Stream, bytes: number): void;
}

const noFields: Fields = [];
const noHandler: StreamHandler = {};

/**
 * One request and its response. Every method may be called at any time: after the stream is closed they do nothing,
 * as its end may cross with what is being written.
 */
export class Stream {
  /** Odd, counted up; 0 while the request waits because the peer accepts no more at once. */
  id: number;
  /** May be exchanged at any time. */
  handler: StreamHandler = noHandler;
  /** Who ended the stream; undefined while it is open. */
  endedBy: EndedBy | undefined = undefined;
  /** The peer has surely not acted on the request: it may be repeated without harm. */
  unprocessed = false;

  /** The end of what this side sends has left; what is still queued has not. Set by the connection alone. */
  localEnded = false;

  // For the connection that owns this stream; nobody else's.
  /** @internal */ readonly owner: StreamOwner;
  /** @internal */ headersSent = false;
  /** @internal Nothing more may be written: the end is sent or queued. */
  finished = false;
  /** @internal */ headersReceived = false;
  /** @internal */ remoteEnded = false;
  /** @internal What the peer lets us send. */
  sendWindow: number;
  /** @internal */ readonly receiveWindow: ReceiveWindow;
  /** @internal Bytes handed to the handler and not reported consumed. */
  unconsumed = 0;
  /** @internal Bytes of the body still to come, as declared; -1 when not. */
  expected = -1;
  /** @internal Payloads that wait for window or socket. */
  queue: Uint8Array[] | undefined = undefined;
  /** @internal Bytes of the first queued payload that were sent. */
  queueOffset = 0;
  /** @internal A write was queued, and the handler is told when it is gone. */
  awaitsWritable = false;
  /** @internal */ queuedTrailers: Headers | undefined = undefined;
  /** @internal */ queuedFields: Fields = noFields;
  /** @internal What was asked for, kept until it is known that the body of the response is as long as declared. */
  requestHeaders: Headers = noFields;
  /** @internal */ requestFields: Fields = noFields;

  /** Streams are made by a connection. */
  constructor(owner: StreamOwner, id: number, sendWindow: number, receiveWindow: ReceiveWindow) {
    this.owner = owner;
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  /** True once the stream is over. */
  get closed(): boolean {
    return this.endedBy !== undefined;
  }

  /** Answers a request: `headers`, then `more`. `end` says that no body and no trailers follow. */
  respond(headers: Headers, more: Fields = noFields, end = false): void {
    this.owner.sendHeaders(this, headers, more, end);
  }

  /**
   * Sends a part of the body. Up to 4096 bytes are copied at once; more are kept by reference and must not be changed
   * afterwards. Consecutive small writes share a frame.
   *
   * False when it had to be queued, for want of window or because the socket is full: then wait for `onWritable`.
   */
  write(data: Uint8Array, end = false): boolean {
    return this.owner.sendData(this, data, end);
  }

  /** Ends the message with trailers: `trailers`, then `more`. */
  writeTrailers(trailers: Headers, more: Fields = noFields): void {
    this.owner.sendTrailers(this, trailers, more);
  }

  /** Ends the stream at once, with RST_STREAM. What is queued is dropped. */
  reset(code: number = ErrorCode.CANCEL): void {
    this.owner.resetStream(this, code);
  }

  /** Says that `bytes` of the body are dealt with, so that the peer may send as many more. */
  consumed(bytes: number): void {
    this.owner.consumed(this, bytes);
  }
}

/** Throws unless a part of a body, or trailers, may be written now. */
export function mayWrite(stream: Stream): void {
  if (stream.finished) throw new Error("the stream was ended before this write");
  if (!stream.headersSent) throw new Error("a response begins with its headers");
}

/** Throws a TypeError for fields that HTTP/2 cannot carry; those of a template were looked at when it was made. */
export function checkHeaders(headers: Headers, more: Fields): void {
  if (!(headers instanceof HeaderTemplate)) checkFields(headers);
  checkFields(more);
}
