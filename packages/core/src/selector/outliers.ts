import type { Clock } from "../words/clock.ts";
import type { MicroError } from "../words/errors.ts";
import { type Ejections, ejections } from "./ejections.ts";
import { type RecentCount, recentCount } from "./recent-count.ts";

/** When a node that answers, but badly, is left out. */
export interface OutlierOptions {
  /** Over how long calls are counted, in milliseconds: between half of it and all. @default 10000 */
  windowMs?: number;
  /** A node with fewer calls in that time is not judged by its share of failures. @default 20 */
  minCalls?: number;
  /** The share of its calls that a node must fail, in [0, 1]. @default 0.2 */
  minFailureShare?: number;
  /** How many times the share that the median node fails it must be. @default 4 */
  timesMedian?: number;
  /** This many timeouts in a row, with answers from other nodes meanwhile, are enough by themselves. @default 5 */
  timeoutsInRow?: number;
  /** How long a node is left out at most the first time, in milliseconds; doubles each time after. @default 2000 */
  ejectionBaseMs?: number;
  /** How long a node is left out at most, in milliseconds; one that does well this long has a clean slate. @default 60000 */
  ejectionMaxMs?: number;
  /** The largest share of the reachable nodes that is left out at once, in [0, 1]; one node at least stays. @default 0.5 */
  maxShare?: number;
}

/** Watches how calls of one service end, node by node, and leaves out those that do far worse than the others. */
export interface Outliers {
  readonly ejections: Ejections;
  /** Tells how a call ended at a node; `reachable` is how many nodes can be called at all. */
  ended(nodeId: string, address: string, error: MicroError | undefined, reachable: number): void;
}

export interface OutlierParts {
  readonly clock: Clock;
  readonly random: () => number;
  /** How long a trial may go without an answer before there is another, in milliseconds. */
  readonly trialMs: number;
}

/**
 * No node left out. A node is judged against the others only: when all fail alike the fault is not the node's, and
 * leaving any out would only load the rest.
 */
export function outliers(options: OutlierOptions, { clock, random, trialMs }: OutlierParts): Outliers {
  const settings = { ...defaults, ...options };
  const { minCalls, minFailureShare, timesMedian, timeoutsInRow, maxShare } = settings;
  const stretchMs = settings.windowMs / 2;
  const backoff = { baseMs: settings.ejectionBaseMs, maxMs: settings.ejectionMaxMs };
  const out = ejections({ clock, random, backoff, trialMs });
  const nodes = new Map<string, Watched>();
  const all = recentCount();
  let stretch = Number.NaN;
  let lastAnswerMs = Number.NEGATIVE_INFINITY;
  let nextJudgementMs = Number.NEGATIVE_INFINITY;

  /** Brings all counts to the present; nodes that nobody called for a while are forgotten. */
  function turnAll(now: number): void {
    const present = Math.floor(now / stretchMs);
    if (present === stretch) return;
    stretch = present;
    all.turn(stretch);
    for (const [nodeId, { count }] of nodes) {
      count.turn(stretch);
      if (count.calls === 0) nodes.delete(nodeId);
    }
  }

  function watched(nodeId: string): Watched {
    let node = nodes.get(nodeId);
    if (!node) {
      node = { count: recentCount(), timeouts: 0, rowSinceMs: 0 };
      node.count.turn(stretch);
      nodes.set(nodeId, node);
    }
    return node;
  }

  function eject(nodeId: string, address: string, node: Watched, reachable: number): void {
    const most = Math.min(Math.floor(reachable * maxShare), reachable - 1);
    if (out.size >= most) return;
    out.eject(nodeId, address);
    node.count.clear();
    node.timeouts = 0;
  }

  function answersNothing(node: Watched): boolean {
    if (node.timeouts < timeoutsInRow || lastAnswerMs < node.rowSinceMs) return false;
    const others = all.calls - node.count.calls;
    return others > 0 && (all.failures - node.count.failures) / others < minFailureShare;
  }

  function failsOften({ count }: Watched): boolean {
    return count.calls >= minCalls && shareOf(count) >= minFailureShare;
  }

  /** The share of failures that half of the nodes stay at or below; undefined when there is nobody to compare with. */
  function medianShare(): number | undefined {
    const shares: number[] = [];
    for (const [nodeId, { count }] of nodes)
      if (count.calls >= minCalls && !out.isOut(nodeId)) shares.push(shareOf(count));
    return shares.length < 2 ? undefined : shares.sort((a, b) => a - b)[Math.floor((shares.length - 1) / 2)];
  }

  return {
    ejections: out,
    ended(nodeId, address, error, reachable) {
      const kind = kindOf(error);
      if (kind === "silent") return;
      const now = clock.now();
      if (out.size > 0 && out.isOut(nodeId)) return out.ended(nodeId, kind === "good");
      turnAll(now);
      const node = watched(nodeId);
      const failed = kind !== "good";
      node.count.add(failed);
      all.add(failed);
      if (kind === "timeout") {
        if (node.timeouts++ === 0) node.rowSinceMs = now;
      } else {
        node.timeouts = 0;
        lastAnswerMs = now;
      }
      if (!failed) return;
      if (answersNothing(node)) return eject(nodeId, address, node, reachable);
      // Comparing looks at every node, so it is not done for each of many failures.
      if (!failsOften(node) || now < nextJudgementMs) return;
      nextJudgementMs = now + judgementPauseMs;
      const median = medianShare();
      if (median !== undefined && shareOf(node.count) >= timesMedian * median) eject(nodeId, address, node, reachable);
    },
  };
}

const defaults: Required<OutlierOptions> = {
  windowMs: 10_000,
  minCalls: 20,
  minFailureShare: 0.2,
  timesMedian: 4,
  timeoutsInRow: 5,
  ejectionBaseMs: 2_000,
  ejectionMaxMs: 60_000,
  maxShare: 0.5,
};

const judgementPauseMs = 100;

interface Watched {
  readonly count: RecentCount;
  /** Timeouts since the last answer. */
  timeouts: number;
  /** When the first of them ended. */
  rowSinceMs: number;
}

function shareOf(count: RecentCount): number {
  return count.calls === 0 ? 0 : count.failures / count.calls;
}

/**
 * What the end of a call says about its node. A caller that gave up says nothing, and an attempt that did not get there
 * is judged elsewhere, as an outage. Codes below 500 are the caller's fault.
 */
function kindOf(error: MicroError | undefined): "good" | "bad" | "timeout" | "silent" {
  if (!error) return "good";
  const { code, answered } = error;
  if (code === 499 || (error.unprocessed && !answered)) return "silent";
  if (code === 408 || code === 504) return answered ? "bad" : "timeout";
  return code >= 500 && code !== 501 ? "bad" : "good";
}
