import { PerformanceObserver } from "node:perf_hooks";
import type { Handlers } from "../../server/handler.ts";
import type { CallCounts } from "../../server/server.ts";
import { type Closeable, closeable, closeOnce } from "../../words/lifecycle.ts";
import type { Calling } from "../calling.ts";
import { type ServiceState, whileServing } from "../conventions/state.ts";
import type { Debug } from "../gen/debug.ts";
import type { ServiceContext } from "../service.ts";
import type { LoggedLine, LogTail } from "./log-tail.ts";
import type { Tracer } from "./spans.ts";

export interface DebugParts {
  readonly now: () => number;
  readonly calls: () => CallCounts;
  /** Undefined when the program brought a logger of its own, whose lines nobody here sees. */
  readonly log: LogTail | undefined;
  readonly tracer: Tracer | undefined;
  readonly state: ServiceState;
  /** What the service's client keeps of the services that it calls. */
  readonly known: Calling["known"];
}

export interface DebugHandler extends Closeable {
  readonly handlers: Handlers<(typeof Debug)["methods"], ServiceContext>;
}

const linesByDefault = 100;
// A gateway may have looked up all there are.
const mostCached = 1_000;

/** Answers `Debug.Health`, `Stats`, `Log`, `Trace` and `Cache` as go-micro's tools ask them. */
export function debugHandler({ now, calls, log, tracer, state, known }: DebugParts): DebugHandler {
  const startedMs = now();
  let collectingMs = 0;
  const collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collectingMs += duration;
  });
  collections.observe({ entryTypes: ["gc"] });
  const seconds = (ms: number): bigint => BigInt(Math.floor(ms / 1000));
  const record = ({ atMs, text }: LoggedLine) => ({ timestamp: seconds(atMs), message: text });

  return {
    handlers: {
      health: () => ({ status: "ok" }),
      stats() {
        const { requests, errors } = calls();
        return {
          timestamp: seconds(now()),
          started: seconds(startedMs),
          uptime: seconds(now() - startedMs),
          memory: BigInt(process.memoryUsage().heapUsed),
          threads: BigInt(process.getActiveResourcesInfo().length),
          gc: BigInt(Math.round(collectingMs * 1e6)),
          requests: BigInt(requests),
          errors: BigInt(errors),
        };
      },
      async *log({ stream, count, since }, { signal }) {
        const wanted = Number(count) > 0 ? Number(count) : linesByDefault;
        const recent = log?.lines().filter(({ atMs }) => seconds(atMs) >= since) ?? [];
        // Following begins before the first line is sent: what is logged meanwhile would otherwise be lost.
        const open = whileServing(state, signal);
        const further = stream ? log?.follow(open.signal) : undefined;
        try {
          for (const line of recent.slice(-wanted)) yield record(line);
          if (further) for await (const line of further) yield record(line);
        } finally {
          open.end();
        }
      },
      cache() {
        const values: Record<string, string> = {};
        let left = mostCached;
        for (const [service, status] of known()) {
          if (left-- === 0) break;
          values[service] = JSON.stringify(status);
        }
        return { values };
      },
      trace: ({ id }) => ({ spans: tracer?.spans().filter(({ trace }) => id === "" || trace === id) ?? [] }),
    },
    ...closeable(closeOnce(() => collections.disconnect())),
  };
}
