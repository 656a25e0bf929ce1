import { type Backoff, backoffMs } from "../words/backoff.ts";
import type { Clock } from "../words/clock.ts";

/** Which nodes of one service are left out because they do worse than the others. */
export interface Ejections {
  readonly size: number;
  /** Grows when a node goes out or comes back. */
  readonly stamp: number;
  isOut(nodeId: string): boolean;
  ids(): Iterable<string>;
  /** Leaves a node out, each time for longer. */
  eject(nodeId: string, address: string): void;
  /** How a call to a node ended that is out: a trial that went well brings it back, one that did not keeps it out for longer. */
  ended(nodeId: string, good: boolean): void;
  /** A node whose time is over, now being tried by one call. Only those that `allows` accepts. */
  trial(allows: (nodeId: string) => boolean): string | undefined;
  /** The node that has been out the longest, or was given by this the longest ago. */
  longestAgo(allows: (nodeId: string) => boolean): string | undefined;
  /** Forgets nodes that are gone, or that stand elsewhere under their old id. */
  keepOnly(addressOf: (nodeId: string) => string | undefined): void;
}

export interface EjectionOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly backoff: Backoff;
  /** How long a trial may go without an answer before there is another, in milliseconds. */
  readonly trialMs: number;
}

/** Nobody left out. Nodes come back through a trial, as after an outage, since one that answers nothing would
 * otherwise get its full share of calls each time its time is over. */
export function ejections({ clock, random, backoff, trialMs }: EjectionOptions): Ejections {
  const out = new Map<string, Ejected>();
  /** Nodes that are back, and how often they were out; forgotten once they have done well for long. */
  const past = new Map<string, { times: number; sinceMs: number }>();
  let stamp = 0;

  function put(nodeId: string, address: string, times: number): void {
    out.delete(nodeId); // so that the order is that of going out
    out.set(nodeId, { address, times, endMs: clock.now() + backoffMs(times, backoff, random), onTrial: false });
  }

  function timesBefore(nodeId: string): number {
    const oldest = clock.now() - backoff.maxMs;
    for (const [id, { sinceMs }] of past) if (sinceMs < oldest) past.delete(id);
    return past.get(nodeId)?.times ?? 0;
  }

  return {
    get size() {
      return out.size;
    },
    get stamp() {
      return stamp;
    },
    isOut: (nodeId) => out.has(nodeId),
    ids: () => out.keys(),
    eject(nodeId, address) {
      if (out.has(nodeId)) return;
      put(nodeId, address, timesBefore(nodeId) + 1);
      past.delete(nodeId);
      stamp++;
    },
    ended(nodeId, good) {
      const node = out.get(nodeId);
      // Calls that were under way when it went out end later; only what was sent as a trial says how it is now.
      if (!node?.onTrial) return;
      if (!good) return put(nodeId, node.address, node.times + 1);
      out.delete(nodeId);
      past.set(nodeId, { times: node.times, sinceMs: clock.now() });
      stamp++;
    },
    trial(allows) {
      const now = clock.now();
      for (const [nodeId, node] of out) {
        if (node.endMs > now || !allows(nodeId)) continue;
        node.onTrial = true;
        node.endMs = now + trialMs;
        return nodeId;
      }
      return undefined;
    },
    longestAgo(allows) {
      for (const [nodeId, node] of out) {
        if (!allows(nodeId)) continue;
        out.delete(nodeId);
        out.set(nodeId, node);
        return nodeId;
      }
      return undefined;
    },
    keepOnly(addressOf) {
      for (const [nodeId, node] of out) if (addressOf(nodeId) !== node.address && out.delete(nodeId)) stamp++;
    },
  };
}

interface Ejected {
  readonly address: string;
  /** How often in a row it was left out, failed trials included. */
  readonly times: number;
  endMs: number;
  onTrial: boolean;
}
