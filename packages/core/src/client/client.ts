import type { Compression } from "../protocol/protocol.ts";
import type { SelectOptions } from "../selector/selector.ts";
import type { Deadline } from "../words/deadline.ts";
import type {
  AnyMethod,
  Init,
  MessageType,
  MethodDescription,
  MethodKind,
  Methods,
  ServiceDescription,
} from "../words/description.ts";
import type { Closeable } from "../words/lifecycle.ts";
import type { Metadata } from "../words/metadata.ts";

/** Settings of one call; each has a default on the client. */
export interface CallOptions extends SelectOptions {
  /** How long the call may take, all attempts and pauses together, in milliseconds. @default 5000 */
  timeoutMs?: number;
  /** A moment by which the call must be done, such as the caller's own; the earlier of the two holds. */
  deadline?: Deadline;
  /** Gives up when aborted; the peer is told. */
  signal?: AbortSignal;
  /** Headers of the call; keys in lower case. */
  metadata?: Metadata;
  /**
   * Attempts after the first, besides one at another node when a node was gone before it took the call; 0 makes it one
   * attempt in all. @default 1
   */
  retries?: number;
  /** Calls this `host:port` (or these, in turn) and asks neither registry nor selector. */
  address?: string | readonly string[];
  /** A call that may have run may be tried again. @default what the proto file says, else false */
  idempotent?: boolean;
  /** How the messages of the call are compressed; gRPC's alone. @default what the client says, else "identity" */
  compression?: Compression;
  /**
   * Told the headers of the reply that counts: names in lower case, several values of one joined with `, `, those of
   * names that end in `-bin` in base64. Of a unary call shortly before it ends; of a stream as soon as they come, and
   * from then on no other node is tried. Not told when nobody has answered.
   */
  onHeaders?(metadata: Metadata): void;
  /**
   * Told the trailers of the reply that counts, of an error too, when the call ends; not when there are none. Trailers are
   * gRPC's alone. All metadata of an answer that is nothing but an error comes here.
   */
  onTrailers?(metadata: Metadata): void;
}

/** What can be known about calls before they are made. */
export interface EndpointPlan<Request = unknown, Response = unknown> {
  /** The registry's name of the service. */
  readonly service: string;
  /** `User.QueryUserByName`, or a complete gRPC path beginning with `/`. */
  readonly endpoint: string;
  /** @default "application/grpc+proto" with message types, "application/json" without */
  readonly contentType?: string;
  readonly request?: MessageType<Request>;
  readonly response?: MessageType<Response>;
  /** Bodies are given and taken as bytes of the content type, untouched. Then `Request` and `Response` are `Uint8Array`. */
  readonly raw?: boolean;
  readonly idempotent?: boolean;
  /** What kind of endpoint it is, for `prepareStream`. @default "duplex" */
  readonly kind?: Exclude<MethodKind, "unary">;
}

/** One endpoint, ready to be called. */
export type Call<Request = unknown, Response = unknown> = (
  request: Request,
  options?: CallOptions,
) => Promise<Response>;

/**
 * One streaming endpoint, ready to be called: messages in, messages out. The call begins when the replies are first
 * asked for, ends with the last of them, and is cancelled when they are left early (`break`) or `signal` is aborted.
 * Without `timeoutMs` or `deadline` it may take for ever.
 */
export type StreamCall<Request = unknown, Response = unknown> = (
  requests: AsyncIterable<Request>,
  options?: CallOptions,
) => AsyncIterable<Response>;

/** The methods of a service as functions. */
export type TypedClient<M extends Methods> = { readonly [K in keyof M]: TypedCall<M[K]> };

type TypedCall<M extends AnyMethod> =
  M extends MethodDescription<"unary", infer Request, infer Response>
    ? Call<Init<Request>, Response>
    : M extends MethodDescription<"server-stream", infer Request, infer Response>
      ? (request: Init<Request>, options?: CallOptions) => AsyncIterable<Response>
      : M extends MethodDescription<"client-stream", infer Request, infer Response>
        ? (requests: AsyncIterable<Init<Request>>, options?: CallOptions) => Promise<Response>
        : M extends MethodDescription<"duplex", infer Request, infer Response>
          ? StreamCall<Init<Request>, Response>
          : never;

/** What a client has done since it was made; the numbers only grow. */
export interface ClientStats {
  /** Calls begun, those that stream too. A hedged call counts twice. */
  readonly calls: number;
  /** Attempts after the first of a call. */
  readonly retries: number;
}

/** Calls services by name. Rejects with `MicroError` only. */
export interface Client extends Closeable {
  /** Prepares calls of one endpoint; keep what it gives, it holds everything that need not be made again for each call. */
  prepare<Request, Response>(plan: EndpointPlan<Request, Response>): Call<Request, Response>;
  /** The same for endpoints that stream, whichever way; a side that sends one message sends a stream of one. */
  prepareStream<Request, Response>(plan: EndpointPlan<Request, Response>): StreamCall<Request, Response>;
  /** A typed client of `service` for a description that `protoc-gen-micro` wrote. */
  of<M extends Methods>(description: ServiceDescription<M>, service: string): TypedClient<M>;
  stats(): ClientStats;
}
