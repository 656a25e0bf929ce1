import { randomUUID } from "node:crypto";
import type { ClientMiddleware } from "../../client/create-client.ts";
import type { ServerMiddleware } from "../../server/handler.ts";
import type { AnyMethod } from "../../words/description.ts";
import { MicroError } from "../../words/errors.ts";
import { metadata } from "../../words/metadata.ts";
import { Debug, type Span, SpanType } from "../gen/debug.ts";
import { Health } from "../gen/grpc_health_v1.ts";
import { ServerReflection } from "../gen/grpc_reflection_v1.ts";
import type { ServiceContext } from "../service.ts";

/** What a tracer saw, and the middleware through which it sees. */
export interface Tracer {
  /** Spans that have ended, oldest first; the last 256. */
  spans(): readonly Span[];
  readonly server: ServerMiddleware<ServiceContext>;
  readonly client: ClientMiddleware;
}

const kept = 256;

// Probes come every few seconds, and would soon be all that is kept.
const unseen: ReadonlySet<AnyMethod> = new Set(
  [Debug, Health, ServerReflection].flatMap(({ methods }): AnyMethod[] => Object.values(methods)),
);

/**
 * Keeps the last spans in memory, as go-micro's default tracer does, and hands their ids on in `micro-trace-id` and
 * `micro-span-id`. Calls of the endpoints that every service has (`Debug`, gRPC's health and reflection) leave none.
 */
export function memoryTracer(service: string): Tracer {
  const ended: Span[] = [];

  async function traced<T>(span: Span, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await work();
    } catch (reason) {
      span.metadata.error = MicroError.from(reason, service).message;
      throw reason;
    } finally {
      span.duration = BigInt(Math.round((performance.now() - began) * 1e6));
      ended.push(span);
      if (ended.length > kept) ended.shift();
    }
  }

  return {
    spans: () => ended,
    server: (next, { name, method }) => {
      if (unseen.has(method)) return next;
      return (request, context) => {
        const span = begin(`${service}.${name}`, SpanType.INBOUND, context.metadata);
        // Where calls made by the handler find their parent.
        context.metadata["micro-trace-id"] = span.trace;
        context.metadata["micro-span-id"] = span.id;
        return traced(span, async () => next(request, context));
      };
    },
    client: (next, { service: callee, endpoint }) => {
      if (isProbe(endpoint)) return next;
      return (request, options) => {
        const span = begin(`${callee}.${endpoint}`, SpanType.OUTBOUND, options?.metadata ?? {});
        const ids = { "micro-trace-id": span.trace, "micro-span-id": span.id };
        return traced(span, () => next(request, { ...options, metadata: metadata({ ...options?.metadata, ...ids }) }));
      };
    },
  };
}

/** Whether whoever asks there asks about the service and not for its work. As in go-micro, where `Debug.` leaves no span. */
function isProbe(endpoint: string): boolean {
  return /^(Debug\.|\/grpc\.(health|reflection)\.)/.test(endpoint);
}

/** A span below the one that `headers` name; without a parent the root of a new trace. */
function begin(name: string, type: Span["type"], headers: Readonly<Record<string, string>>): Span {
  const parent = headers["micro-span-id"] ?? "";
  const trace = (parent && (headers["micro-trace-id"] ?? headers["micro-id"])) || randomUUID();
  const started = BigInt(Date.now()) * 1_000_000n;
  return { trace, id: randomUUID(), parent, name, started, duration: 0n, metadata: {}, type };
}
