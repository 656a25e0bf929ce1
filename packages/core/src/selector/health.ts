import { type Backoff, backoffMs } from "../words/backoff.ts";
import type { Clock } from "../words/clock.ts";

/** Which nodes of one service are left out because they could not be reached. Costs nothing while all can be. */
export interface Health {
  /** How many nodes are out. */
  readonly size: number;
  /** Grows when a node goes out or comes back. */
  readonly stamp: number;
  isOut(nodeId: string): boolean;
  /** The nodes that are out. */
  ids(): Iterable<string>;
  /** Takes a node out, or leaves it out for longer when a trial of it failed. */
  failed(nodeId: string, address: string): void;
  /** Brings a node back. */
  reached(nodeId: string): void;
  /** A node whose time is over and that nobody is trying yet, now being tried. Only those that `allows` accepts. */
  trial(allows: (nodeId: string) => boolean): string | undefined;
  /** The node that failed, or was given by this, the longest ago. */
  longestAgo(allows: (nodeId: string) => boolean): string | undefined;
  /** Forgets nodes that are gone, or that stand elsewhere under their old id. */
  keepOnly(addressOf: (nodeId: string) => string | undefined): void;
}

export interface HealthOptions {
  readonly clock: Clock;
  readonly outage: Backoff;
  /** How long a trial may go without an answer before there is another, in milliseconds. */
  readonly trialMs: number;
  readonly random: () => number;
}

/** All nodes reachable. */
export function health({ clock, outage, trialMs, random }: HealthOptions): Health {
  // The order is that of failing, so the first is the one that failed the longest ago.
  const outages = new Map<string, Outage>();
  let nextTrialMs = Number.POSITIVE_INFINITY;
  let stamp = 0;

  function moveToEnd(nodeId: string, node: Outage): void {
    outages.delete(nodeId);
    outages.set(nodeId, node);
  }

  return {
    get size() {
      return outages.size;
    },
    get stamp() {
      return stamp;
    },
    isOut: (nodeId) => outages.has(nodeId),
    ids: () => outages.keys(),
    failed(nodeId, address) {
      const before = outages.get(nodeId);
      const now = clock.now();
      // Calls that were under way together fail together: one outage, however many they are.
      if (before && !before.onTrial && now < before.endMs) return;
      const failures = (before?.failures ?? 0) + 1;
      const endMs = now + backoffMs(failures, outage, random);
      moveToEnd(nodeId, { address, failures, endMs, onTrial: false });
      nextTrialMs = Math.min(nextTrialMs, endMs);
      if (!before) stamp++;
    },
    reached(nodeId) {
      if (outages.delete(nodeId)) stamp++;
    },
    trial(allows) {
      const now = clock.now();
      if (now < nextTrialMs) return undefined;
      let chosen: string | undefined;
      nextTrialMs = Number.POSITIVE_INFINITY;
      for (const [nodeId, node] of outages) {
        if (chosen === undefined && node.endMs <= now && allows(nodeId)) {
          chosen = nodeId;
          node.onTrial = true;
          node.endMs = now + trialMs;
        }
        nextTrialMs = Math.min(nextTrialMs, node.endMs);
      }
      return chosen;
    },
    longestAgo(allows) {
      for (const [nodeId, node] of outages) {
        if (!allows(nodeId)) continue;
        moveToEnd(nodeId, node);
        return nodeId;
      }
      return undefined;
    },
    keepOnly(addressOf) {
      for (const [nodeId, node] of outages) if (addressOf(nodeId) !== node.address && outages.delete(nodeId)) stamp++;
    },
  };
}

interface Outage {
  readonly address: string;
  readonly failures: number;
  endMs: number;
  onTrial: boolean;
}
