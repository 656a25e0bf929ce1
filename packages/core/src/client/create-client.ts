import { type CodecTable, defaultCodecs } from "../codec/codecs.ts";
import type { ConnectOptions, Protocol } from "../protocol/protocol.ts";
import type { Selector } from "../selector/selector.ts";
import type { Backoff } from "../words/backoff.ts";
import { type Clock, systemClock } from "../words/clock.ts";
import { endpointName, type Methods, type ServiceDescription } from "../words/description.ts";
import { MicroError } from "../words/errors.ts";
import { closeable, closeOnce } from "../words/lifecycle.ts";
import { type Metadata, metadata } from "../words/metadata.ts";
import { type CallParts, call } from "./call.ts";
import type { Call, CallOptions, Client, EndpointPlan, TypedClient } from "./client.ts";
import { connectionPool } from "./pool.ts";
import { type RetryRule, retryUnprocessed } from "./retry.ts";

/** Wraps calls of one endpoint. Called once an endpoint, when calls of it are prepared; what it gives runs for each call. */
export type ClientMiddleware = (next: Call, plan: EndpointPlan) => Call;

export interface ClientOptions extends ConnectOptions {
  /** Finds nodes. Closed by whoever made it. */
  selector: Selector;
  /** What the client can speak; each node's metadata says which to use with it. */
  protocols: readonly Protocol[];
  /** By content type. @default protobuf, JSON and bytes */
  codecs?: CodecTable;
  /** Wrapped around every call, the first outermost. @default [] */
  middleware?: readonly ClientMiddleware[];
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
  const { selector, protocols, middleware = [], clock = systemClock } = options;
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

  function of<M extends Methods>(description: ServiceDescription<M>, service: string): TypedClient<M> {
    const calls: Record<string, unknown> = {};
    for (const [key, method] of Object.entries(description.methods)) {
      if (method.kind !== "unary") continue;
      const { request, response, idempotent = false } = method;
      calls[key] = prepare({ service, endpoint: endpointName(description, method), request, response, idempotent });
    }
    return calls as TypedClient<M>;
  }

  return { prepare, of, ...closeable(closeOnce(() => pool.close())) };
}

/** The call without middleware: everything that is the same for each call of the endpoint is made here, once. */
function prepareCall(parts: CallParts, codecs: CodecTable, plan: EndpointPlan): Call {
  const contentType = plan.contentType ?? (plan.request ? "application/grpc+proto" : "application/json");
  const codec = codecs.find(contentType);
  if (!codec) throw new MicroError("go.micro.client", 500, `Unsupported Content-Type: ${contentType}`);
  const target = { service: plan.service, endpoint: plan.endpoint, kind: "unary", contentType } as const;
  const defaults: CallOptions = { idempotent: plan.idempotent ?? false };
  const settle = (options?: CallOptions): CallOptions => (options ? { ...defaults, ...options } : defaults);
  if (plan.raw) return (request, options) => call(parts, target, request as Uint8Array, settle(options));

  const encode = codec.coder(plan.request).encode;
  const decode = codec.coder(plan.response).decode;
  return async (request, options) => {
    const body = encodeRequest(encode, request, target);
    return decodeReply(decode, await call(parts, target, body, settle(options)), target);
  };
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
