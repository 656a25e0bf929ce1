import type { Duplex } from "node:stream";
import type { SecureContextOptions } from "node:tls";
import type { Deadline } from "../words/deadline.ts";
import type { MethodKind } from "../words/description.ts";
import type { Closeable } from "../words/lifecycle.ts";
import type { Logger } from "../words/logger.ts";
import type { Metadata } from "../words/metadata.ts";
import type { ReplyMetadata } from "./reply-metadata.ts";

/**
 * A way to move calls over a connection. It knows nothing of nodes, retries, handlers or codecs: bytes and metadata
 * go in, bytes or a `MicroError` come out. Bytes that come out are the receiver's: nobody writes to them any more. The
 * node's metadata `protocol` names the one to use.
 */
export interface Protocol {
  readonly name: string;
  /** What the node's metadata `transport` says. @default the protocol's name */
  readonly transport?: string;
  /** True when its servers `listen` by themselves, since their connections are none of a port that protocols share. @default false */
  readonly listensItself?: boolean;
  /**
   * Content types that its peers take to mean something else: their bodies are then written and read by the codec of the
   * type beside them.
   * @default none
   */
  readonly bodyTypes?: Readonly<Record<string, string>>;
  /** A connection to one address; opened by the first call and opened again when it broke. Does no I/O itself. */
  connect(address: string, options?: ConnectOptions): Connection;
  /** The serving half; `dispatcher` answers the calls that arrive. */
  serve(dispatcher: Dispatcher, options?: ServeOptions): ProtocolServer;
}

export interface ConnectOptions {
  /** TLS towards the peer, verified against these or the system's authorities. Without it the connection is in clear. */
  tls?: ClientTls;
  /** Largest message taken or sent, in bytes. @default 4 MiB */
  maxMessageBytes?: number;
  /**
   * How long connecting may take, in milliseconds. Far less than a call may, since an address that has vanished refuses
   * nothing, and another node wants its turn. @default 1000
   */
  dialTimeoutMs?: number;
  /** Signs of life that are asked of the peer; gRPC's alone. */
  keepalive?: ClientKeepalive;
  /** How the messages of calls are compressed that say nothing of it themselves; gRPC's alone. @default "identity" */
  compression?: Compression;
}

/**
 * How messages are compressed: not at all, or with gzip from `compressFromBytes` on, below which it costs more than it
 * saves. Compressed messages are read whatever this says.
 */
export type Compression = "identity" | "gzip";

/** How a client finds out that a peer is gone which says nothing. 0 switches off. */
export interface ClientKeepalive {
  /**
   * Silence after which the peer is asked for a sign of life, in milliseconds. Servers end connections on which they are
   * asked too often, grpc-go's unless told otherwise below 300000; then the span is doubled. On grpc-js a question to a
   * server that drains ends the calls in flight (grpc-node#3068). @default 0
   */
  timeMs?: number;
  /** How long the peer has for its answer before the connection and its calls end with 503. @default 20000 */
  timeoutMs?: number;
  /** Asks also while no call is under way. @default false */
  permitWithoutCalls?: boolean;
  /**
   * Silence, while a call is under way, after which the peer is asked whether it is still there, in milliseconds; twice at
   * most without a reply in between, which no server minds. A host that has vanished, or stands still, is found out in
   * time for calls that may run twice to be made elsewhere. Not on grpc-js. @default 1000
   */
  probeMs?: number;
  /** How long the peer has to answer that before the connection and its calls end with 503. @default 2000 */
  probeTimeoutMs?: number;
}

/** How a server keeps its connections alive, and how long it keeps them. 0 switches off. */
export interface ServerKeepalive {
  /** Silence after which the peer is asked for a sign of life, in milliseconds. @default 60000, on grpc-js 0 for the reason above */
  timeMs?: number;
  /** How long the peer has for its answer before the connection ends. @default 20000 */
  timeoutMs?: number;
  /**
   * The shortest time between a client's own questions, in milliseconds; the third in a row that comes too soon ends the
   * connection with ENHANCE_YOUR_CALM, "too_many_pings". Questions that follow a reply count anew. On grpc-js nobody
   * counts. @default 0, which leaves 10000 a second
   */
  minTimeMs?: number;
  /** Whether clients may ask while no call is under way; if not, that is too soon. @default true */
  permitWithoutCalls?: boolean;
  /** How long a connection may be without a call before its client is told to go, in milliseconds. @default 0 */
  maxIdleMs?: number;
  /**
   * How old a connection may become before its client is told to go, give or take a tenth, in milliseconds: for balancers
   * that see connections and not calls. Calls under way finish, new ones come on a new connection. @default 0
   */
  maxAgeMs?: number;
  /** How long those calls may take before they are cut off, in milliseconds. @default 0, for ever */
  maxAgeGraceMs?: number;
}

export interface ClientTls extends Pick<SecureContextOptions, "ca" | "cert" | "key"> {
  /** The name the peer's certificate must carry. @default the host of the address */
  serverName?: string;
}

/** What is the same for every call of one endpoint; a protocol may keep what it derives from it by identity. */
export interface CallTarget {
  /** The registry's name of the service, `go.micro.srv.user`. */
  readonly service: string;
  /** `User.QueryUserByName`, or a complete gRPC path beginning with `/`. */
  readonly endpoint: string;
  readonly kind: MethodKind;
  /** What the bodies are, as the caller names it: `application/protobuf`, `application/json`, `application/grpc+proto`, … */
  readonly contentType: string;
}

/** One attempt of one call. */
export interface OutgoingCall {
  readonly target: CallTarget;
  /** Sent as headers; keys in lower case. Never changed by the protocol. */
  readonly metadata: Metadata;
  readonly deadline: Deadline;
  /** The whole timeout of the call as the `timeout` header tells it; undefined sends none. */
  readonly timeoutMs: number | undefined;
  /** Gives up when aborted; the peer is told. */
  readonly signal: AbortSignal | undefined;
  /** How its messages are compressed. @default what the connection says */
  readonly compression?: Compression | undefined;
  /**
   * Told the reply's headers that are the program's, once, before its first message; several values of one joined with
   * `, `, binary ones (`…-bin`) in base64. Not told when there is no reply. Never throws.
   */
  readonly onHeaders?: ((metadata: Metadata) => void) | undefined;
  /**
   * Told the trailers likewise, before the call ends; not when there are none. Those of an answer that is an error come
   * here too, and so does all metadata of an answer that is nothing but an error. mucp has no trailers.
   */
  readonly onTrailers?: ((metadata: Metadata) => void) | undefined;
}

export interface Connection extends Closeable {
  /**
   * Sends one message and gives the reply's bytes. Rejects with a `MicroError`: the peer's own, 408 when the deadline
   * passed, 499 when the signal was aborted, 503 when the peer was not reached or went away. `unprocessed` is set
   * when the call surely did not get to a handler.
   */
  unary(call: OutgoingCall, body: Uint8Array): Promise<Uint8Array>;
  /**
   * Sends messages while it receives others; the call is opened by the first `next`. What is thrown from it is what
   * `unary` rejects with, or what `messages` threw, which also cancels the call. Leaving it early cancels the call. An
   * end of `messages` is told to the peer at once; what the peer still sends after that is received. `messages` is read
   * no faster than the peer takes it, and the peer's are taken no faster than they are asked for, but for what the
   * protocol's window holds.
   */
  stream(call: OutgoingCall, messages: AsyncIterable<Uint8Array>): { [Symbol.asyncIterator](): Replies };
}

/** What comes back on a stream. */
export interface Replies extends AsyncIterator<Uint8Array> {
  /**
   * A message that has come already, when there is one and nobody waits for another. It spares the reader of many small
   * messages a promise for each, which costs as much as all the rest of their way.
   */
  take?(): Uint8Array | undefined;
}

/** A call as it arrived. */
export interface IncomingCall {
  /** `User.QueryUserByName`. */
  readonly endpoint: string;
  /** What the bodies are, without parameters: `application/grpc+proto`. */
  readonly contentType: string;
  /** All headers that belong to the program, and `remote`, the peer's address. */
  readonly metadata: Metadata;
  readonly deadline: Deadline;
  /** The peer's `host:port`. */
  readonly peer: string;
  /** Aborted when the caller gave up, went away, or the deadline passed. Made when first asked for. */
  readonly signal: AbortSignal;
  /**
   * Adds headers to the reply; they leave with its first message, or before its error. Throws a TypeError for names that
   * cannot be sent, and an Error when they have left. When the caller is gone it does nothing.
   */
  replyHeaders(metadata: ReplyMetadata): void;
  /** Adds trailers, which follow the last message or come with the error. mucp has none and drops them. */
  replyTrailers(metadata: ReplyMetadata): void;
}

/** The serving side behind the protocols. */
export interface Dispatcher {
  /** What kind of endpoint this is; undefined when there is none, which the protocol answers in its own words. */
  kindOf(endpoint: string): MethodKind | undefined;
  /** True when there is a handler of that name (`User`), whatever its methods. */
  hasHandler(name: string): boolean;
  /** Answers a unary call. Rejects with a `MicroError` only. */
  unary(call: IncomingCall, body: Uint8Array): Promise<Uint8Array>;
  /**
   * Answers a call of any other kind: gives `send` one reply after the other and resolves after the last. `messages` ends
   * when the caller has sent its last, and throws when the caller gave up. Rejects with a `MicroError`, or with what
   * `send` threw.
   */
  stream(call: IncomingCall, messages: AsyncIterable<Uint8Array>, send: SendReply): Promise<void>;
  /** Takes something published; what it throws is told to the sender. Absent where nobody takes any. */
  event?(event: IncomingEvent): Promise<void>;
}

/** Takes one reply of a stream; the next may follow when it says so. False when the caller no longer waits for any. */
export type SendReply = (reply: Uint8Array) => boolean | Promise<boolean>;

/** Something published that came to the server's own port instead of by a broker. */
export interface IncomingEvent {
  readonly topic: string;
  readonly contentType: string;
  /** All that came with it, keys in lower case. */
  readonly headers: Metadata;
  readonly body: Uint8Array;
}

/** Where a server is reached. Closing takes no new connections; those that stand go on. */
export interface Listening extends Closeable {
  /** `host:port`. */
  readonly address: string;
}

export interface ServeOptions {
  /** Largest message taken or sent, in bytes. @default 4 MiB */
  maxMessageBytes?: number;
  /** gRPC's alone. */
  keepalive?: ServerKeepalive;
  /**
   * Compresses replies to callers that say they can read it; gRPC's alone, and on grpc-js, whose server compresses nothing,
   * without effect. @default "identity"
   */
  compression?: Compression;
  logger?: Logger;
}

export interface ProtocolServer extends Closeable {
  /** Listens at `host:port`, port 0 for a free one. Only where the protocol `listensItself`. */
  listen?(address: string): Promise<Listening>;
  /**
   * Whether a connection that begins with these bytes speaks this protocol; `undefined` when more are needed to tell.
   * `head` is never empty.
   */
  recognises(head: Uint8Array): boolean | undefined;
  /** Takes over a connection whose first bytes have been put back. */
  accept(socket: Duplex): void;
  /** Lets peers know that no new calls are wanted, and resolves when those in flight are answered. */
  drain(): Promise<void>;
}
