import { type CodecTable, defaultCodecs } from "../codec/codecs.ts";
import type { ConnectOptions, Protocol } from "../protocol/protocol.ts";
import type { Selector } from "../selector/selector.ts";
import type { Backoff } from "../words/backoff.ts";
import { type Clock, systemClock } from "../words/clock.ts";
import { endpointName, type MethodKind, type Methods, type ServiceDescription } from "../words/description.ts";
import { MicroError } from "../words/errors.ts";
import { closeable, closeOnce } from "../words/lifecycle.ts";
import { type Metadata, metadata } from "../words/metadata.ts";
import { type CallParts, type ClientTarget, call, callStream } from "./call.ts";
import type { Call, CallOptions, Client, EndpointPlan, StreamCall, TypedClient } from "./client.ts";
import { connectionPool } from "./pool.ts";
import { type RetryRule, retryUnprocessed } from "./retry.ts";

/** Wraps calls of one endpoint. Called once an endpoint, when calls of it are prepared; what it gives runs for each call. */
export type ClientMiddleware = (next: Call, plan: EndpointPlan) => Call;

/** The same for calls that stream. */
export type ClientStreamMiddleware = (next: StreamCall, plan: EndpointPlan) => StreamCall;

export interface ClientOptions extends ConnectOptions {
  /** Finds nodes. Closed by whoever made it. */
  selector: Selector;
  /** What the client can speak; each node's metadata says which to use with it. */
  protocols: readonly Protocol[];
  /** By content type. @default protobuf, JSON and bytes */
  codecs?: CodecTable;
  /** Wrapped around every unary call, the first outermost. @default [] */
  middleware?: readonly ClientMiddleware[];
  /** Wrapped around every streaming call, the first outermost. @default [] */
  streamMiddleware?: readonly ClientStreamMiddleware[];
  /** How long a call may take, in milliseconds. @default 5000 */
  timeoutMs?: number;
  /** Attempts after the first. @default 1 */
  retries?: number;
  /** When to try again. @default retryUnprocessed */
  retry?: RetryRule;
  /** Pauses before the second and later retries; the first comes at once, at another node. @default 50 to 1000 ms */
  backoff?: Backoff;
  /** Headers of every call. @default none */
  metadata?: Metadata;
  /** How many connections are kept. @default 1000 */
  poolSize?: number;
  /** How long an unused connection is kept, in milliseconds. @default 60000 */
  poolTtlMs?: number;
  /** @default systemClock */
  clock?: Clock;
}

/** A client over the given parts. `close` closes its connections; the selector stays its maker's. */
export function createClient(options: ClientOptions): Client {
  const { selector, protocols, middleware = [], streamMiddleware = [], clock = systemClock } = options;
  const codecs = options.codecs ?? defaultCodecs;
  const pool = connectionPool({
    clock,
    idleMs: options.poolTtlMs ?? 60_000,
    maxConnections: options.poolSize ?? 1_000,
    ...(options.tls && { tls: options.tls }),
    ...(options.maxMessageBytes && { maxMessageBytes: options.maxMessageBytes }),
    ...(options.dialTimeoutMs && { dialTimeoutMs: options.dialTimeoutMs }),
  });
  const parts: CallParts = {
    selector,
    pool,
    clock,
    protocols: new Map(protocols.map((protocol) => [protocol.name, protocol])),
    settings: {
      timeoutMs: options.timeoutMs ?? 5_000,
      retries: options.retries ?? 1,
      retry: options.retry ?? retryUnprocessed,
      backoff: options.backoff ?? { baseMs: 50, maxMs: 1_000 },
      metadata: metadata(options.metadata),
    },
  };

  function prepare<Request, Response>(plan: EndpointPlan<Request, Response>): Call<Request, Response> {
    const innermost = prepareCall(parts, codecs, plan as EndpointPlan) as Call;
    const wrapped = middleware.reduceRight<Call>((next, wrap) => wrap(next, plan as EndpointPlan), innermost);
    return wrapped as Call<Request, Response>;
  }

  function prepareStream<Request, Response>(plan: EndpointPlan<Request, Response>): StreamCall<Request, Response> {
    const innermost = prepareStreamCall(parts, codecs, plan as EndpointPlan);
    const wrapped = streamMiddleware.reduceRight<StreamCall>(
      (next, wrap) => wrap(next, plan as EndpointPlan),
      innermost,
    );
    return wrapped as StreamCall<Request, Response>;
  }

  function of<M extends Methods>(description: ServiceDescription<M>, service: string): TypedClient<M> {
    const calls: Record<string, unknown> = {};
    for (const [key, method] of Object.entries(description.methods)) {
      const { kind, request, response, idempotent = false } = method;
      const plan = { service, endpoint: endpointName(description, method), request, response, idempotent };
      calls[key] = kind === "unary" ? prepare(plan) : shapeStream(kind, prepareStream({ ...plan, kind }));
    }
    return calls as TypedClient<M>;
  }

  return { prepare, prepareStream, of, ...closeable(closeOnce(() => pool.close())) };
}

/** A streaming call as the method's kind has it: one message instead of a stream on the sides that send one. */
function shapeStream(kind: Exclude<MethodKind, "unary">, stream: StreamCall): unknown {
  if (kind === "duplex") return stream;
  if (kind === "server-stream") return (request: unknown, options?: CallOptions) => stream(only(request), options);
  return async (requests: AsyncIterable<unknown>, options?: CallOptions) => {
    for await (const reply of stream(requests, options)) return reply;
    throw new MicroError("go.micro.client", 500, "the stream ended without a reply");
  };
}

async function* only<T>(value: T): AsyncGenerator<T, void, undefined> {
  yield value;
}

const noOptions: CallOptions = {};

/** Content type, target and coders of a plan: everything that is the same for each call of the endpoint. */
function settlePlan(codecs: CodecTable, plan: EndpointPlan, kind: MethodKind) {
  const contentType = plan.contentType ?? (plan.request ? "application/grpc+proto" : "application/json");
  const codec = codecs.find(contentType);
  if (!codec) throw new MicroError("go.micro.client", 500, `Unsupported Content-Type: ${contentType}`);
  const { service, endpoint, idempotent = false } = plan;
  const target: ClientTarget = { service, endpoint, kind, contentType, idempotent };
  const { encode } = codec.coder(plan.request);
  const { decode } = codec.coder(plan.response);
  return { target, encode, decode };
}

/** The call without middleware. */
function prepareCall(parts: CallParts, codecs: CodecTable, plan: EndpointPlan): Call {
  const { target, encode, decode } = settlePlan(codecs, plan, "unary");
  if (plan.raw) return (request, options) => call(parts, target, request as Uint8Array, options ?? noOptions);
  return async (request, options) => {
    const body = encodeRequest(encode, request, target);
    return decodeReply(decode, await call(parts, target, body, options ?? noOptions), target);
  };
}

/** The streaming call without middleware. */
function prepareStreamCall(parts: CallParts, codecs: CodecTable, plan: EndpointPlan): StreamCall {
  const { target, encode, decode } = settlePlan(codecs, plan, plan.kind ?? "duplex");
  if (plan.raw)
    return (requests, options) =>
      callStream(parts, target, requests as AsyncIterable<Uint8Array>, options ?? noOptions);
  return async function* (requests, options) {
    const bodies = mapEach(requests, (request) => encodeRequest(encode, request, target));
    for await (const reply of callStream(parts, target, bodies, options ?? noOptions))
      yield decodeReply(decode, reply, target);
  };
}

async function* mapEach<T, R>(values: AsyncIterable<T>, change: (value: T) => R): AsyncGenerator<R, void, undefined> {
  for await (const value of values) yield change(value);
}

function encodeRequest(
  encode: (value: unknown) => Uint8Array,
  request: unknown,
  { endpoint }: { endpoint: string },
): Uint8Array {
  try {
    return encode(request);
  } catch (reason) {
    const detail = `request of ${endpoint}: ${reason instanceof Error ? reason.message : reason}`;
    throw new MicroError("go.micro.client.codec", 400, detail, { cause: reason, unprocessed: true });
  }
}

function decodeReply(
  decode: (bytes: Uint8Array) => unknown,
  reply: Uint8Array,
  { endpoint }: { endpoint: string },
): unknown {
  try {
    return decode(reply);
  } catch (reason) {
    const detail = `reply of ${endpoint}: ${reason instanceof Error ? reason.message : reason}`;
    throw new MicroError("go.micro.client.codec", 500, detail, { cause: reason });
  }
}
