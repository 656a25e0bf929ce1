import { type CodecTable, defaultCodecs } from "../codec/codecs.ts";
import type { LocalNodes } from "../local/local-nodes.ts";
import type { MessageTypes } from "../local/local-server.ts";
import type { ConnectOptions, Protocol } from "../protocol/protocol.ts";
import type { Selector } from "../selector/selector.ts";
import type { Backoff } from "../words/backoff.ts";
import { type Clock, systemClock } from "../words/clock.ts";
import { endpointName, type MethodKind, type Methods, type ServiceDescription } from "../words/description.ts";
import { MicroError } from "../words/errors.ts";
import { closeable, closeOnce } from "../words/lifecycle.ts";
import { type Metadata, metadata } from "../words/metadata.ts";
import { type CallParts, type ClientTarget, call, connect, type Retry } from "./call.ts";
import { StreamingCall } from "./call-stream.ts";
import type { Call, CallOptions, Client, EndpointPlan, StreamCall, TypedClient } from "./client.ts";
import { type Coding, codingsOf } from "./coding.ts";
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
  /** Nodes of this process, which are called without a wire when the selector chooses them. @default none */
  local?: LocalNodes;
  /** The name of the protocol that nodes speak which a call names by `address`. @default the first of `protocols` */
  protocol?: string;
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
  /** Told before each attempt after the first. Must not throw. */
  onRetry?: (retry: Retry) => void;
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
    ...(options.keepalive && { keepalive: options.keepalive }),
    ...(options.compression && { compression: options.compression }),
  });
  const parts: CallParts = {
    selector,
    pool,
    clock,
    protocols: new Map(protocols.map((protocol) => [protocol.name, protocol])),
    local: options.local,
    settings: {
      timeoutMs: options.timeoutMs ?? 5_000,
      retries: options.retries ?? 1,
      retry: options.retry ?? retryUnprocessed,
      backoff: options.backoff ?? { baseMs: 50, maxMs: 1_000 },
      protocol: options.protocol ?? protocols[0]?.name ?? "grpc",
      metadata: metadata(options.metadata),
    },
    counts: { calls: 0, retries: 0 },
    onRetry: options.onRetry,
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

  return {
    prepare,
    prepareStream,
    of,
    stats: () => ({ ...parts.counts }),
    ...closeable(closeOnce(() => pool.close())),
  };
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

/** Target and codings of a plan: everything that is the same for each call of the endpoint. */
function settlePlan({ protocols }: CallParts, codecs: CodecTable, plan: EndpointPlan, kind: MethodKind) {
  const contentType = plan.contentType ?? (plan.request ? protobuf : "application/json");
  const { service, endpoint, idempotent = false } = plan;
  const target: ClientTarget = { service, endpoint, kind, contentType, idempotent };
  return { target, codingOf: codingsOf(plan, target, codecs, protocols) };
}

/** The call without middleware. */
function prepareCall(parts: CallParts, codecs: CodecTable, plan: EndpointPlan): Call {
  const { target, codingOf } = settlePlan(parts, codecs, plan, "unary");
  if (plan.raw) {
    return (request, options) =>
      call(parts, target, options ?? noOptions, (candidate, outgoing) =>
        connect(parts, candidate).unary(outgoing, request as Uint8Array),
      );
  }
  const { local } = parts;
  const types = local && typesOf(plan);
  return (request, options) => {
    let body: Uint8Array | undefined;
    let written: Coding | undefined;
    return call(parts, target, options ?? noOptions, (candidate, outgoing) => {
      const here = types && local.find(candidate.node.id)?.unaryValue(outgoing, types, request);
      if (here) return here;
      const coding = codingOf(candidate);
      if (body === undefined || coding !== written) body = coding.encode(request);
      written = coding;
      return connect(parts, candidate).unary(outgoing, body).then(coding.decode);
    });
  };
}

/** The message types of a plan whose bodies could as well be passed as values. */
function typesOf({ request, response, contentType = protobuf }: EndpointPlan): MessageTypes | undefined {
  return request?.copy && response?.copy && contentType === protobuf ? { request, response } : undefined;
}

const protobuf = "application/grpc+proto";

/** The streaming call without middleware. */
function prepareStreamCall(parts: CallParts, codecs: CodecTable, plan: EndpointPlan): StreamCall {
  const { target, codingOf } = settlePlan(parts, codecs, plan, plan.kind ?? "duplex");
  const coding = plan.raw ? asBytes : codingOf;
  return (requests, options) => new StreamingCall(parts, target, requests, options ?? noOptions, coding);
}

const asIs: Coding = { encode: (request) => request as Uint8Array, decode: (reply) => reply };
const asBytes = (): Coding => asIs;
