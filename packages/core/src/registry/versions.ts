import { compareBytes } from "./record.ts";
import type { Node, ServiceRecord } from "./registry.ts";

/**
 * Merges records of one name and version into one that has all their nodes, and orders them by name, then version.
 * Of two nodes with one id the later stays, in the earlier's place. Endpoints and metadata are those of the first
 * record of the version that has any, since registries keep a copy beside each node.
 */
export function groupByVersion(records: Iterable<ServiceRecord>): ServiceRecord[] {
  const groups = new Map<string, Group>();
  for (const record of records) {
    // Names come from outside: JSON keeps ("a", "b/c") and ("a/b", "c") apart whatever they contain.
    const key = JSON.stringify([record.name, record.version]);
    const group = groups.get(key) ?? { first: record, metadata: {}, endpoints: [], nodes: new Map() };
    groups.set(key, group);
    if (group.endpoints.length === 0) group.endpoints = record.endpoints;
    if (Object.keys(group.metadata).length === 0) group.metadata = record.metadata;
    for (const node of record.nodes) group.nodes.set(node.id, node);
  }
  return [...groups.values()]
    .map(({ first: { name, version }, metadata, endpoints, nodes }) => {
      return { name, version, metadata, endpoints, nodes: [...nodes.values()] };
    })
    .sort((a, b) => compareBytes(a.name, b.name) || compareBytes(a.version, b.version));
}

interface Group {
  readonly first: ServiceRecord;
  metadata: ServiceRecord["metadata"];
  endpoints: ServiceRecord["endpoints"];
  readonly nodes: Map<string, Node>;
}
