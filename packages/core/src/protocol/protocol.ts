import type { Duplex } from "node:stream";
import type { SecureContextOptions } from "node:tls";
import type { Deadline } from "../words/deadline.ts";
import type { MethodKind } from "../words/description.ts";
import type { Closeable } from "../words/lifecycle.ts";
import type { Logger } from "../words/logger.ts";
import type { Metadata } from "../words/metadata.ts";

/**
 * A way to move calls over a connection. It knows nothing of nodes, retries, handlers or codecs: bytes and metadata
 * go in, bytes or a `MicroError` come out. The node's metadata `protocol` names the one to use.
 */
export interface Protocol {
  readonly name: string;
  /** What the node's metadata `transport` says. @default the protocol's name */
  readonly transport?: string;
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
  stream(call: OutgoingCall, messages: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
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
   * Answers a call of any other kind. Throws `MicroError`s only. `messages` ends when the caller has sent its last, and
   * throws when the caller gave up. Left early when the caller no longer waits.
   */
  stream(call: IncomingCall, messages: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

export interface ServeOptions {
  /** Largest message taken or sent, in bytes. @default 4 MiB */
  maxMessageBytes?: number;
  logger?: Logger;
}

export interface ProtocolServer extends Closeable {
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
