import { type Clock, systemClock } from "../words/clock.ts";
import type { FeedWriter } from "./feed.ts";
import type { RegistryEvent, ServiceRecord } from "./registry.ts";
import { same } from "./same.ts";
import { groupByVersion } from "./versions.ts";

/** The records of memory registries, one a node, and who is told of changes. */
export interface MemoryStore {
  /** Keeps the record's nodes for `ttlMs`, or until they are removed; tells listeners unless nothing changed. */
  put(record: ServiceRecord, ttlMs?: number): void;
  /** Removes the record's nodes, by service and id. */
  remove(record: ServiceRecord): void;
  /** The records of one service, or of all, one a name and version. */
  records(service?: string): readonly ServiceRecord[];
  /** Tells `reader` of every change to one service, or to all, until the answer is called. */
  listen(service: string | undefined, reader: FeedWriter): () => void;
}

/** An empty store. Records end by `clock`, whose timers do not keep the process alive. */
export function memoryStore({ clock = systemClock }: { clock?: Clock } = {}): MemoryStore {
  const services = new Map<string, Map<string, Entry>>();
  const listeners = new Map<string | undefined, Set<FeedWriter>>();

  function tell(type: "create" | "update" | "delete", record: ServiceRecord): void {
    const event: RegistryEvent = { type, record };
    for (const key of [record.name, undefined]) for (const reader of listeners.get(key) ?? []) reader.push(event);
  }

  function putNode(record: ServiceRecord, ttlMs: number | undefined): void {
    const node = record.nodes[0];
    if (!node) return;
    const nodes = services.get(record.name) ?? new Map<string, Entry>();
    services.set(record.name, nodes);
    const old = nodes.get(node.id);
    old?.stopTimer?.();
    const stopTimer = endsAfter(ttlMs)
      ? clock.after(ttlMs, () => removeNode(record.name, node.id), { background: true })
      : undefined;
    if (old && same(old.record, record)) {
      old.stopTimer = stopTimer;
      return;
    }
    nodes.set(node.id, { record, stopTimer });
    tell(old ? "update" : "create", record);
  }

  function removeNode(service: string, nodeId: string): void {
    const nodes = services.get(service);
    const entry = nodes?.get(nodeId);
    if (!nodes || !entry) return;
    entry.stopTimer?.();
    nodes.delete(nodeId);
    if (nodes.size === 0) services.delete(service);
    tell("delete", entry.record);
  }

  function* stored(service?: string): Iterable<ServiceRecord> {
    const maps = service === undefined ? services.values() : [services.get(service) ?? new Map<string, Entry>()];
    for (const nodes of maps) for (const { record } of nodes.values()) yield record;
  }

  return {
    put(record, ttlMs) {
      // The caller may change its objects afterwards, and readers may change theirs; neither may change the store's.
      const own = freeze(structuredClone(record));
      for (const node of own.nodes) putNode(Object.freeze({ ...own, nodes: Object.freeze([node]) }), ttlMs);
    },
    remove(record) {
      for (const node of record.nodes) removeNode(record.name, node.id);
    },
    records: (service) => groupByVersion(stored(service)),
    listen(service, reader) {
      const readers = listeners.get(service) ?? new Set();
      listeners.set(service, readers.add(reader));
      return () => {
        readers.delete(reader);
        if (readers.size === 0) listeners.delete(service);
      };
    },
  };
}

interface Entry {
  readonly record: ServiceRecord;
  stopTimer: (() => void) | undefined;
}

// Go means "for ever" by 0, and Node's timers fire at once when they are set further ahead than this.
function endsAfter(ttlMs: number | undefined): ttlMs is number {
  return ttlMs !== undefined && ttlMs > 0 && ttlMs < 2 ** 31;
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}
