import { type Clock, systemClock } from "../words/clock.ts";
import { MicroError, timeout } from "../words/errors.ts";
import type { Call, CallOptions, EndpointPlan } from "./client.ts";
import type { ClientMiddleware } from "./create-client.ts";
import { recentLatency } from "./recent-latency.ts";
import { KeptReply, listens } from "./reply-metadata.ts";
import type { RetryBudget } from "./retry-budget.ts";

export interface HedgeOptions {
  /** How long to wait for an answer before asking a second node, in milliseconds. @default as long as all but the slowest calls of the endpoint took lately */
  delayMs?: number;
  /** Without `delayMs`: the share of calls that are answered before a second node is asked, in [0, 1]. @default 0.95 */
  share?: number;
  /** Without `delayMs`: the shortest delay, in milliseconds. @default 2 */
  minDelayMs?: number;
  /** Pays for each second call; none is made when it is spent. Share the one of the client's retries. @default no bound */
  budget?: RetryBudget;
  /** Told of each second call, as it is made. Must not throw. */
  onHedge?: (plan: EndpointPlan) => void;
  clock?: Clock;
}

/**
 * Asks a second node when the first takes unusually long, takes the answer that comes first and gives up the other call.
 * Only for calls that may run twice: those of endpoints that are marked idempotent, or made with `idempotent`. Cuts off
 * the tail that single slow nodes make, for a few percent more calls; when all nodes are slow it only adds load, so give
 * it a `budget`.
 *
 * Any answer ends the call, an error too. Without `delayMs` nothing is asked twice until 64 calls of the endpoint
 * have shown what is usual.
 * Source: Dean and Barroso, "The Tail at Scale", 2013.
 */
export function hedge(options: HedgeOptions = {}): ClientMiddleware {
  const { share, minDelayMs, clock } = { ...defaults, ...options };
  const { delayMs, budget, onHedge } = options;
  return (next, plan) => {
    const latency = recentLatency(share);
    const usual = (): number | undefined => {
      const { quantileMs } = latency;
      // The clock counts whole milliseconds: without the one more, all calls that took just as long would be asked twice.
      return quantileMs === undefined ? undefined : Math.max(minDelayMs, quantileMs + 1);
    };
    const mayAsk = (): boolean => {
      if (budget && !budget.take()) return false;
      onHedge?.(plan);
      return true;
    };
    return (request, callOptions = {}) => {
      // A call to a named address has no other node to go to.
      if (!(callOptions.idempotent ?? plan.idempotent) || callOptions.address !== undefined)
        return next(request, callOptions);
      const startMs = clock.now();
      const afterMs = delayMs ?? usual();
      const reply =
        afterMs === undefined
          ? next(request, callOptions)
          : race({ next, request, options: callOptions, clock, afterMs, mayAsk });
      if (delayMs !== undefined) return reply;
      // Failures say nothing of how long answers take; quick ones would make everything else look slow.
      return reply.then((value) => {
        latency.add(clock.now() - startMs);
        return value;
      });
    };
  };
}

const defaults = { share: 0.95, minDelayMs: 2, clock: systemClock } satisfies HedgeOptions;

interface Race {
  readonly next: Call;
  readonly request: unknown;
  readonly options: CallOptions;
  readonly clock: Clock;
  readonly afterMs: number;
  /** Whether there may be a second call. */
  mayAsk(): boolean;
}

/** The first call at once, the second after a while; the first answer of either. */
function race({ next, request, options, clock, afterMs, mayAsk }: Race): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const apart = options.apart ?? new Set<string>();
    const running: AbortController[] = [];
    let firstFailure: MicroError | undefined;
    let settled = false;

    function start(retries: number | undefined): void {
      const giveUp = new AbortController();
      running.push(giveUp);
      if (options.signal?.aborted) giveUp.abort(options.signal.reason);
      const kept = listens(options) ? new KeptReply(options) : undefined;
      const callOptions: CallOptions = { ...options, ...kept?.listeners, apart, signal: giveUp.signal };
      if (retries !== undefined) callOptions.retries = retries;
      next(request, callOptions).then(
        (reply) => {
          leave(giveUp);
          settle(() => resolve(reply), outrun, kept);
        },
        (reason) => {
          leave(giveUp);
          const error = MicroError.from(reason, "go.micro.client");
          firstFailure ??= error;
          // Out of time is out of time for both. Any other failure without an answer leaves the call to the one still running.
          if (error.answered || error.code === 408)
            settle(() => reject(error), error.answered ? outrun : undefined, kept);
          else if (running.length === 0) settle(() => reject(firstFailure));
        },
      );
    }

    function leave(giveUp: AbortController): void {
      running.splice(running.indexOf(giveUp), 1);
    }

    function settle(how: () => void, why?: () => MicroError, kept?: KeptReply): void {
      if (settled) return;
      settled = true;
      cancelSecond();
      options.signal?.removeEventListener("abort", abortAll);
      try {
        kept?.tell();
        how();
      } catch (reason) {
        reject(reason); // thrown by the caller's own listener
      }
      for (const giveUp of running) giveUp.abort(why?.());
    }

    function abortAll(): void {
      cancelSecond();
      for (const giveUp of running) giveUp.abort(options.signal?.reason);
    }

    const cancelSecond = clock.after(afterMs, () => {
      // One attempt: when it fails too, the first call is still there with all of its own.
      if (mayAsk()) start(0);
    });
    options.signal?.addEventListener("abort", abortAll, { once: true });
    start(options.retries);
  });
}

/** Told to the selector about the slower node, so that one which never answers is noticed though no caller waits for it. */
function outrun(): MicroError {
  return timeout("go.micro.client", "another node answered first");
}
