import type { Node, RegistryEvent, ServiceRecord } from "./registry.ts";
import { same } from "./same.ts";

/** A node with what is known of its version. `record.nodes` are the nodes of that version as they are when asked. */
export interface KnownNode {
  readonly node: Node;
  readonly record: ServiceRecord;
}

/** The nodes of one service. A change costs the same however many there are. */
export interface NodeTable {
  /** One array for the life of the table, changed in place: for a look, not to keep. A node that goes leaves its place to the last. */
  readonly nodes: readonly KnownNode[];
  /** Grows with each change, so that what was derived from `nodes` can be kept until then. */
  readonly stamp: number;
  get(nodeId: string): KnownNode | undefined;
  /** Where in `nodes` the node stands. */
  indexOf(nodeId: string): number | undefined;
  /** Takes in what a watch yielded. What it says already is no change. */
  apply(event: RegistryEvent): void;
}

/** An empty table. */
export function nodeTable(): NodeTable {
  const nodes: KnownNode[] = [];
  const places = new Map<string, number>();
  const versions = new Map<string, Version>();
  let stamp = 0;

  function put(node: Node, version: Version): void {
    const place = places.get(node.id);
    const known = place === undefined ? undefined : nodes[place];
    if (known?.record === version.record && same(known.node, node)) return;
    version.count++;
    if (known) release(known);
    places.set(node.id, place ?? nodes.length);
    nodes[place ?? nodes.length] = { node, record: version.record };
    stamp++;
  }

  function remove(nodeId: string): void {
    const place = places.get(nodeId);
    const known = place === undefined ? undefined : nodes[place];
    if (place === undefined || !known) return;
    const last = nodes.pop();
    places.delete(nodeId);
    if (last && last !== known) {
      nodes[place] = last;
      places.set(last.node.id, place);
    }
    release(known);
    stamp++;
  }

  // Registries hand out the same endpoints with every node; keeping one copy a version saves most of the memory.
  function versionOf({ name, version, metadata, endpoints }: ServiceRecord): Version {
    const known = versions.get(version);
    if (known && same(known.record.endpoints, endpoints) && same(known.record.metadata, metadata)) return known;
    const record: ServiceRecord = {
      name,
      version,
      metadata,
      endpoints,
      get nodes() {
        return nodes.filter((other) => other.record.version === version).map((other) => other.node);
      },
    };
    const changed = { record, count: known?.count ?? 0 };
    versions.set(version, changed);
    return changed;
  }

  function release({ record: { version } }: KnownNode): void {
    const known = versions.get(version);
    if (known && --known.count === 0) versions.delete(version);
  }

  function putRecord(record: ServiceRecord): void {
    if (record.nodes.length === 0) return;
    const version = versionOf(record);
    for (const node of record.nodes) put(node, version);
  }

  function replaceAll(records: readonly ServiceRecord[]): void {
    const gone = new Set(places.keys());
    for (const record of records) {
      putRecord(record);
      for (const { id } of record.nodes) gone.delete(id);
    }
    for (const id of gone) remove(id);
  }

  return {
    nodes,
    get stamp() {
      return stamp;
    },
    get(nodeId) {
      const place = places.get(nodeId);
      return place === undefined ? undefined : nodes[place];
    },
    indexOf: (nodeId) => places.get(nodeId),
    apply(event) {
      if (event.type === "sync") replaceAll(event.records);
      else if (event.type === "delete") for (const { id } of event.record.nodes) remove(id);
      else putRecord(event.record);
    },
  };
}

interface Version {
  readonly record: ServiceRecord;
  /** How many nodes the version has. */
  count: number;
}
