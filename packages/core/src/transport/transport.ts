import type { Duplex } from "node:stream";
import type { ClientTls } from "../protocol/protocol.ts";
import type { MicroError } from "../words/errors.ts";
import type { Closeable } from "../words/lifecycle.ts";
import type { Metadata } from "../words/metadata.ts";

/** What travels over a transport. */
export interface Message {
  /** Keys in lower case; each transport spells them at its edge as Go programs do. */
  readonly headers: Metadata;
  readonly body: Uint8Array;
  /** On a received message whose body was over the limit: why `body` is empty. The headers are whole. */
  readonly refusal?: MicroError;
}

/** One end of a pipe for messages, both ways at once. Nothing pairs a message of one way with one of the other. */
export interface Socket {
  /** Address of this end, `host:port` where the transport has such. */
  readonly local: string;
  /** Address of the other end. */
  readonly remote: string;
  /** Messages that have arrived and were not received yet. */
  readonly arrived: number;
  /** True from the moment the pipe is over, whoever ended it. What has arrived can still be received. */
  readonly isClosed: boolean;
  /** Resolves when the pipe is over. Never rejects. */
  readonly closed: Promise<void>;
  /**
   * Sends a message after those before it. Resolves when there is room for another, which is how a slow peer slows
   * the sender. Rejects with 503 when the pipe is over, and with 413 when the body is over the limit, in which case
   * nothing was sent.
   */
  send(message: Message): Promise<void>;
  /**
   * The next message, or undefined when the peer has closed and all has been received. Rejects with 503 when the pipe
   * broke. One waits at a time.
   */
  receive(): Promise<Message | undefined>;
  /** Ends the pipe when all that was sent is out. May be called twice. */
  close(): void;
  /** Ends the pipe at once. Sends and receives that wait reject with `reason`, else with 503. */
  abort(reason?: MicroError): void;
}

export interface TransportLimits {
  /** Largest body taken or sent, in bytes. @default 4 MiB */
  maxMessageBytes?: number;
}

export interface DialOptions extends TransportLimits {
  tls?: ClientTls;
  /** How long connecting may take, in milliseconds. @default 1000 */
  timeoutMs?: number;
  /** Gives up when aborted, with its reason. */
  signal?: AbortSignal;
}

export interface TransportListener extends Closeable {
  /** Where peers reach it; what the registry is told. */
  readonly address: string;
}

/** Moves messages between two addresses. It knows nothing of calls. */
export interface Transport {
  /** What a node's metadata says under `transport`. */
  readonly name: string;
  /** Opens a pipe. Rejects with 503, surely nothing sent, when nobody answers at the address in time. */
  dial(address: string, options?: DialOptions): Promise<Socket>;
  /** Gives each pipe that is opened to the address to `onSocket`. Closing takes no new ones; those that stand go on. */
  listen(address: string, onSocket: (socket: Socket) => void, options?: TransportLimits): Promise<TransportListener>;
  /** How connections of a port that is shared with other protocols become pipes; absent where there is no port. */
  readonly shared?: SharedPort;
}

export interface SharedPort {
  /** Whether a connection that begins with these bytes is one; undefined when more are needed to tell. */
  recognises(head: Uint8Array): boolean | undefined;
  /** Takes over a connection whose first bytes have been put back. */
  accept(connection: Duplex, options?: TransportLimits): Socket;
}

/** What holds where nothing is said. */
export const transportDefaults: { readonly maxMessageBytes: number; readonly timeoutMs: number } = {
  maxMessageBytes: 4 * 1024 * 1024,
  timeoutMs: 1_000,
};
