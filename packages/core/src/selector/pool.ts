import type { NodeTable } from "../registry/node-table.ts";
import type { Health } from "./health.ts";
import type { Candidate, Filter, Load, Strategy } from "./selector.ts";

/** The nodes of one service that some filters accept. */
export interface Pool {
  /** Where a strategy stands in this pool. */
  chooser(strategy: Strategy): Chooser;
  /** One node that is not in `tried`; undefined when all are. */
  choose(chooser: Chooser, tried?: ReadonlySet<string>): Candidate | undefined;
}

/** What a strategy gives for one service. */
export type Chooser = ReturnType<Strategy>;

/**
 * The nodes of `table` that all `filters` accept. What `health` leaves out is chosen only for a trial, or when nothing
 * else is left. The lists handed to strategies are made anew only when nodes or outages changed; without filters and
 * outages that is never, and a choice costs the same however many nodes there are.
 */
export function pool(table: NodeTable, health: Health, filters: readonly Filter[], load?: Load): Pool {
  const choosers = new WeakMap<Strategy, Chooser>();
  let accepted: readonly Candidate[] = table.nodes;
  let usable: readonly Candidate[] = table.nodes;
  let tableStamp = -1;
  let healthStamp = -1;

  function refresh(): void {
    const changed = tableStamp !== table.stamp;
    if (!changed && healthStamp === health.stamp) return;
    if (health.size > 0) health.keepOnly((nodeId) => table.get(nodeId)?.node.address);
    if (changed && filters.length > 0) accepted = table.nodes.filter(accepts);
    usable = health.size === 0 ? accepted : accepted === table.nodes ? withoutOut() : accepted.filter(isUsable);
    tableStamp = table.stamp;
    healthStamp = health.stamp;
  }

  function accepts(candidate: Candidate): boolean {
    return filters.every((filter) => filter(candidate));
  }

  function isUsable({ node }: Candidate): boolean {
    return !health.isOut(node.id);
  }

  // Copying what lies between the few that are out is far quicker than asking of each node whether it is out.
  function withoutOut(): readonly Candidate[] {
    const places = [...health.ids()].flatMap((nodeId) => table.indexOf(nodeId) ?? []);
    if (places.length > fewOut) {
      const out = new Uint8Array(table.nodes.length);
      for (const place of places) out[place] = 1;
      return table.nodes.filter((_candidate, place) => out[place] === 0);
    }
    places.sort((a, b) => a - b);
    const parts = places.map((place, i) => table.nodes.slice(i === 0 ? 0 : (places[i - 1] ?? 0) + 1, place));
    return table.nodes.slice(0, 0).concat(...parts, table.nodes.slice((places.at(-1) ?? -1) + 1));
  }

  function chooseUsable(chooser: Chooser, tried: ReadonlySet<string> | undefined): Candidate | undefined {
    const left = tried ? withoutTried(tried) : usable;
    return left.length > 0 ? chooser(left) : undefined;
  }

  function withoutTried(tried: ReadonlySet<string>): readonly Candidate[] {
    // What was tried in vain is left out already, which spares looking at each node.
    for (const nodeId of tried) if (!health.isOut(nodeId)) return usable.filter(({ node }) => !tried.has(node.id));
    return usable;
  }

  return {
    chooser(strategy) {
      let chooser = choosers.get(strategy);
      if (!chooser) {
        chooser = strategy(load);
        choosers.set(strategy, chooser);
      }
      return chooser;
    },
    choose(chooser, tried) {
      refresh();
      if (health.size === 0) return chooseUsable(chooser, tried);
      const allows = (nodeId: string): boolean => {
        const candidate = tried?.has(nodeId) ? undefined : table.get(nodeId);
        return candidate !== undefined && accepts(candidate);
      };
      const trial = health.trial(allows);
      if (trial !== undefined) return table.get(trial);
      const candidate = chooseUsable(chooser, tried);
      if (candidate) return candidate;
      const outed = health.longestAgo(allows);
      return outed === undefined ? undefined : table.get(outed);
    },
  };
}

const fewOut = 100;
