/** So many at once, and so many more each second. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * What one connection may cost us. Each number has a reason; a peer that exceeds one is answered as its line says.
 * "Ends the connection" means GOAWAY with ENHANCE_YOUR_CALM unless another code is named.
 */
export interface Limits {
  /**
   * Streams that the peer may have open at once; announced, and further ones are refused with REFUSED_STREAM, which
   * tells the peer that nothing ran. Each costs us a call in progress. @default 1000
   */
  readonly maxConcurrentStreams: number;
  /**
   * Size of a decoded header list, counted as RFC 9113 does (32 bytes more a field); announced. A larger one ends its
   * stream with ENHANCE_YOUR_CALM. The encoded block is held to the same number, since encoding never makes it larger; a larger
   * one ends the connection, because it would have to be decoded to go on. @default 65536
   */
  readonly maxHeaderListBytes: number;
  /**
   * CONTINUATION frames in a row. The list limit alone would let a peer send empty ones for ever. 64 KiB need four in
   * frames of 16 KiB. Ends the connection. @default 32
   */
  readonly maxContinuations: number;
  /**
   * HPACK table that the peer may fill here, and the largest that we fill there if it lets us. The fields of about two
   * hundred endpoints fit; below that they would push each other out in turn. @default 16384
   */
  readonly headerTableBytes: number;
  /**
   * Largest frame that we accept; announced; 16384 to 16777215. A larger one ends the connection with
   * FRAME_SIZE_ERROR. It bounds what is kept of a frame that arrives in parts. @default 16384
   */
  readonly maxFrameBytes: number;
  /**
   * Window of a new stream: what a peer may send that nobody has consumed. One MiB keeps 100 MB/s going over 10 ms.
   * It grows while the consumer keeps pace with a sender that uses it up. @default 1048576
   */
  readonly streamWindowBytes: number;
  /** How far the window of a stream may grow. @default 4194304 */
  readonly maxStreamWindowBytes: number;
  /**
   * Window of the connection: what a peer may send on all streams that nobody has consumed. The memory that slow
   * consumers can cost. @default 4194304
   */
  readonly connectionWindowBytes: number;
  /** How far the window of the connection may grow. @default 16777216 */
  readonly maxConnectionWindowBytes: number;
  /**
   * Streams that came to nothing: reset by the peer before we had answered, refused, or reset by us for a mistake of
   * the peer (rapid reset, and its sister where the server is made to reset). A client whose deadlines pass under
   * overload resets too, hence the burst. Ends the connection. @default { burst: 1000, perSecond: 100 }
   */
  readonly futileStreams: Rate;
  /**
   * Frames that move nothing: DATA, HEADERS and CONTINUATION without payload that do not end anything, PRIORITY,
   * GOAWAY, interim responses and frames of unknown types. Each costs us work and the peer little. Ends the
   * connection. @default { burst: 10000, perSecond: 1000 }
   */
  readonly idleFrames: Rate;
  /** SETTINGS frames, each of which is answered and may touch every stream. Ends the connection. @default { burst: 100, perSecond: 10 } */
  readonly settings: Rate;
  /**
   * PING frames, each of which is answered. grpc-go measures the bandwidth with one PING a round trip, which on
   * loopback are thousands a second. Ends the connection. @default { burst: 10000, perSecond: 10000 }
   */
  readonly pings: Rate;
  /**
   * DATA frames below 64 bytes that we had to send because the peer opened its window no further: a peer that drips
   * window makes us spend a frame for each byte. Ends the connection. @default { burst: 1000, perSecond: 100 }
   */
  readonly tinyFrames: Rate;
  /**
   * Answers to PING and SETTINGS, and RST_STREAM, that wait because the peer does not read. Ends the connection. @default 5000
   */
  readonly maxPendingReplies: number;
  /**
   * Bytes that wait to be sent because the peer does not read. Beyond it a server reads no further requests until
   * they are gone. @default 1048576
   */
  readonly maxPendingBytes: number;
}

/** The limits that hold where nothing else is said. */
export const defaultLimits: Limits = {
  maxConcurrentStreams: 1000,
  maxHeaderListBytes: 65_536,
  maxContinuations: 32,
  headerTableBytes: 16_384,
  maxFrameBytes: 16_384,
  streamWindowBytes: 1_048_576,
  maxStreamWindowBytes: 4_194_304,
  connectionWindowBytes: 4_194_304,
  maxConnectionWindowBytes: 16_777_216,
  futileStreams: { burst: 1000, perSecond: 100 },
  idleFrames: { burst: 10_000, perSecond: 1000 },
  settings: { burst: 100, perSecond: 10 },
  pings: { burst: 10_000, perSecond: 10_000 },
  tinyFrames: { burst: 1000, perSecond: 100 },
  maxPendingReplies: 5000,
  maxPendingBytes: 1_048_576,
};
