import { type RecentCount, recentCount } from "../selector/recent-count.ts";
import { type Clock, systemClock } from "../words/clock.ts";
import type { ClientMiddleware, ClientStreamMiddleware } from "./create-client.ts";
import type { RetryRule } from "./retry.ts";

export interface RetryBudgetOptions {
  /** Retries allowed for each call, in [0, 1]. @default 0.2 */
  share?: number;
  /** Retries allowed each second besides, so that those of a client that calls rarely are not refused. @default 10 */
  perSecond?: number;
  /** Over how long calls and retries are counted, in milliseconds: between half of it and all. @default 10000 */
  windowMs?: number;
  /** Told each time that nothing was left. Must not throw. */
  onRefused?: () => void;
  clock?: Clock;
}

/** How many more attempts may be made than there are calls. */
export interface RetryBudget {
  /** Takes one from it; false when nothing is left. */
  take(): boolean;
  /** Adds the share of one call. */
  called(): void;
}

/**
 * A budget for one client's retries and hedges together. When a service is in trouble each retry is one more call for
 * it to fail; with a budget, trouble costs it a fifth more calls and not twice as many.
 *
 *     const budget = retryBudget();
 *     const client = createClient({
 *       selector, protocols,
 *       middleware: [countCalls(budget), hedge({ budget })],
 *       retry: withRetryBudget(retryUnprocessed, budget),
 *     });
 *
 * Without `countCalls` nothing is added for calls, and `perSecond` is all there is.
 */
export function retryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  const { share, perSecond, windowMs, clock, onRefused } = { ...defaults, ...options };
  const stretchMs = windowMs / 2;
  const calls = recentCount();
  const retries = recentCount();
  const turn = (count: RecentCount): void => count.turn(Math.floor(clock.now() / stretchMs));
  return {
    take() {
      turn(calls);
      turn(retries);
      if (retries.calls + 1 > share * calls.calls + (perSecond * windowMs) / 1_000) {
        onRefused();
        return false;
      }
      retries.add(false);
      return true;
    },
    called() {
      turn(calls);
      calls.add(false);
    },
  };
}

const defaults = {
  share: 0.2,
  perSecond: 10,
  windowMs: 10_000,
  onRefused: () => undefined,
  clock: systemClock,
} satisfies Required<RetryBudgetOptions>;

/** `rule` for as long as the budget lasts; beyond it the error at hand is the call's. */
export function withRetryBudget(rule: RetryRule, budget: RetryBudget): RetryRule {
  return (error, idempotent) => rule(error, idempotent) && budget.take();
}

/** Adds each unary call to the budget. Stands before middleware that takes from it. */
export function countCalls(budget: RetryBudget): ClientMiddleware {
  return (next) => (request, options) => {
    budget.called();
    return next(request, options);
  };
}

/** Adds each streaming call to the budget. */
export function countStreams(budget: RetryBudget): ClientStreamMiddleware {
  return (next) => (requests, options) => {
    budget.called();
    return next(requests, options);
  };
}
