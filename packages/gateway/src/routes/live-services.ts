import {
  backoffMs,
  type Clock,
  type Closeable,
  closeable,
  closeOnce,
  type Endpoint,
  type Logger,
  type Node,
  type Registry,
  type RegistryEvent,
  type ServiceRecord,
  sleep,
} from "@micro/core";

/** A service as the registry has it now. */
export interface LiveService {
  readonly name: string;
  /** By name; of an endpoint that versions describe differently, the description of the last version in the order of names. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** The endpoints of each version, the last version first. */
  readonly versions: readonly { readonly version: string; readonly endpoints: readonly Endpoint[] }[];
  readonly nodes: readonly Node[];
}

/** All services of a registry, kept up to date by one watch. */
export interface LiveServices extends Closeable {
  /** Begins to watch; resolves when the registry has told for the first time what there is. */
  start(): Promise<void>;
  get(service: string): LiveService | undefined;
  /** Whether the registry has told what there is. */
  readonly known: boolean;
  /** Whether what is known is up to date: the registry has told, and has not been out of touch since. */
  readonly inTouch: boolean;
  /** All of them, by name. */
  list(): readonly LiveService[];
}

export interface LiveServicesParts {
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Told when endpoints of a service came, changed or went; not when only its nodes did. */
  onEndpoints(service: string, now: LiveService | undefined): void;
}

/**
 * Follows a registry. Nodes that come and go cost a step each, whatever they offer; a service of which the last node
 * has gone is forgotten. While the registry is out of reach the last known services stay.
 */
export function liveServices({ registry, logger, clock, onEndpoints }: LiveServicesParts): LiveServices {
  const services = new Map<string, Entry>();
  const stopping = new AbortController();
  let told: (() => void) | undefined;
  let known = false;
  let inTouch = false;
  let following: Promise<void> | undefined;
  const first = new Promise<void>((resolve) => (told = resolve));

  function apply(event: RegistryEvent): void {
    if (event.type === "sync") replaceAll(event.records);
    else if (event.type === "delete") remove(event.record);
    else put(event.record);
  }

  function put(record: ServiceRecord): boolean {
    if (record.nodes.length === 0) return false;
    const entry = services.get(record.name) ?? newEntry(record.name);
    services.set(record.name, entry);
    const changed = entry.put(record);
    if (changed) onEndpoints(record.name, entry);
    return changed;
  }

  function remove({ name, nodes }: ServiceRecord): void {
    const entry = services.get(name);
    if (!entry) return;
    const changed = nodes.map(({ id }) => entry.remove(id)).includes(true);
    if (entry.nodeCount === 0) services.delete(name);
    if (changed) onEndpoints(name, services.get(name));
  }

  function replaceAll(records: readonly ServiceRecord[]): void {
    const gone = new Map([...services].map(([name, entry]) => [name, new Set(entry.nodeIds())]));
    for (const record of records) {
      put(record);
      for (const { id } of record.nodes) gone.get(record.name)?.delete(id);
    }
    for (const [name, ids] of gone) {
      const nodes = [...ids].map((id) => ({ id, address: "", metadata: {} }));
      remove({ name, version: "", metadata: {}, endpoints: [], nodes });
    }
  }

  async function follow(): Promise<void> {
    const { signal } = stopping;
    // A watch ends by itself only when the registry is closed or broken.
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        const onContact = (now: boolean): void => {
          inTouch = now;
        };
        for await (const event of registry.watch({ signal, onContact })) {
          failures = 1;
          apply(event);
          if (!known || event.type === "sync") inTouch = true;
          known = true;
          told?.();
        }
        if (!signal.aborted) logger.warn(`the watch of registry ${registry.name} ended; watching again`);
      } catch (reason) {
        if (!signal.aborted) logger.warn(`cannot watch registry ${registry.name}, try ${failures}: ${reason}`);
      }
      inTouch = false;
      await sleep(clock, backoffMs(failures, pause), signal, { background: true }).catch(() => undefined); // the loop sees why
    }
  }

  return {
    start() {
      following ??= follow();
      return first;
    },
    get: (service) => services.get(service),
    get known() {
      return known;
    },
    get inTouch() {
      return inTouch;
    },
    list: () => [...services.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...closeable(
      closeOnce(async () => {
        stopping.abort();
        told?.();
        await following;
      }),
    ),
  };
}

const pause = { baseMs: 500, maxMs: 10_000 };

interface Entry extends LiveService {
  readonly nodeCount: number;
  nodeIds(): Iterable<string>;
  /** Whether the endpoints are others than before. */
  put(record: ServiceRecord): boolean;
  remove(nodeId: string): boolean;
}

function newEntry(name: string): Entry {
  const nodes = new Map<string, { node: Node; version: string }>();
  const versions = new Map<string, { endpoints: readonly Endpoint[]; text: string; nodes: number }>();
  let merged: ReadonlyMap<string, Endpoint> | undefined;

  function remove(nodeId: string): boolean {
    const known = nodes.get(nodeId);
    const version = known && versions.get(known.version);
    if (!known || !version) return false;
    nodes.delete(nodeId);
    if (--version.nodes > 0) return false;
    versions.delete(known.version);
    merged = undefined;
    return true;
  }

  return {
    name,
    get nodeCount() {
      return nodes.size;
    },
    get nodes() {
      return Array.from(nodes.values(), ({ node }) => node);
    },
    nodeIds: () => nodes.keys(),
    get endpoints() {
      merged ??= mergedEndpoints(inOrder(versions));
      return merged;
    },
    get versions() {
      return inOrder(versions);
    },
    put(record) {
      const { version, endpoints } = record;
      const before = versions.get(version);
      // Registries hand out new objects for the same endpoints; only a difference in what they say counts.
      const text = before?.endpoints === endpoints ? before.text : JSON.stringify(endpoints);
      const changed = before?.text !== text;
      const known = { endpoints, text, nodes: before?.nodes ?? 0 };
      versions.set(version, known);
      let moved = false;
      for (const node of record.nodes) {
        known.nodes++; // before the removal, which would drop a version of which this is the only node
        if (nodes.has(node.id)) moved = remove(node.id) || moved;
        nodes.set(node.id, { node, version });
      }
      if (changed) merged = undefined;
      return changed || moved;
    },
    remove,
  };
}

function inOrder(versions: ReadonlyMap<string, { endpoints: readonly Endpoint[] }>): LiveService["versions"] {
  return Array.from(versions, ([version, { endpoints }]) => ({ version, endpoints })).sort((a, b) =>
    b.version.localeCompare(a.version, "en", { numeric: true }),
  );
}

function mergedEndpoints(versions: LiveService["versions"]): ReadonlyMap<string, Endpoint> {
  const merged = new Map<string, Endpoint>();
  for (const { endpoints } of versions.toReversed()) for (const each of endpoints) merged.set(each.name, each);
  return merged;
}
