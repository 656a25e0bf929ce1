import type { RegistryCache } from "../../registry/cache.ts";
import type { NodeTable } from "../../registry/node-table.ts";
import type { Node } from "../../registry/registry.ts";
import { broadcastVersion, type Dialect } from "./dialect.ts";

/** A subscription that the registry knows. */
export interface Target {
  readonly node: Node;
  readonly dialect: Dialect;
  /** Those of one queue share messages; undefined for a subscription that gets all. */
  readonly queue: string | undefined;
}

/** Who subscribed to what, as the registry says. */
export interface Subscribers {
  /**
   * The subscriptions to a topic, at once when they are known. One array as long as nothing changes. Rejects with 503 when the
   * registry fails and nothing is known.
   */
  of(topic: string): readonly Target[] | Promise<readonly Target[]>;
}

/** Reads the subscriptions of these dialects; one that is registered in several is taken in the first. */
export function subscribersIn(cache: RegistryCache, dialects: readonly Dialect[]): Subscribers {
  let known: { tables: readonly NodeTable[]; stamps: readonly number[]; topics: Map<string, Target[]> } | undefined;

  function find(tables: readonly NodeTable[], topic: string): readonly Target[] {
    if (!known?.tables.every((table, i) => table === tables[i] && table.stamp === known?.stamps[i]))
      known = { tables, stamps: tables.map((table) => table.stamp), topics: byTopic(tables, dialects) };
    return known.topics.get(topic) ?? nobody;
  }

  return {
    of(topic) {
      const tables = dialects.map((dialect) => cache.get(dialect.service));
      const ready = tables.filter((table): table is NodeTable => !(table instanceof Promise));
      if (ready.length === tables.length) return find(ready, topic);
      return Promise.all(tables).then((all) => find(all, topic));
    },
  };
}

const nobody: readonly Target[] = [];

function byTopic(tables: readonly NodeTable[], dialects: readonly Dialect[]): Map<string, Target[]> {
  const topics = new Map<string, Target[]>();
  const seen = new Set<string>();
  for (const [i, dialect] of dialects.entries()) {
    for (const { node, record } of tables[i]?.nodes ?? []) {
      const { broker, topic } = node.metadata;
      if (broker !== "http" || topic === undefined || seen.has(node.id)) continue;
      seen.add(node.id);
      const queue = record.version === broadcastVersion ? undefined : record.version;
      const targets = topics.get(topic) ?? [];
      topics.set(topic, targets);
      targets.push({ node, dialect, queue });
    }
  }
  return topics;
}
