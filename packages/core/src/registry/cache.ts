import { backoffMs } from "../words/backoff.ts";
import { type Clock, sleep, systemClock } from "../words/clock.ts";
import { MicroError, unavailable } from "../words/errors.ts";
import { type Closeable, closeable, closeOnce } from "../words/lifecycle.ts";
import { type Logger, silentLogger } from "../words/logger.ts";
import { type NodeTable, nodeTable } from "./node-table.ts";
import type { Registry, RegistryEvent } from "./registry.ts";
import { unknownNames } from "./unknown-names.ts";

export interface RegistryCacheOptions {
  clock?: Clock;
  logger?: Logger;
  /** How long a name that the registry did not know is taken as unknown without asking again, in milliseconds. @default 1000 */
  unknownMs?: number;
  /** How many unknown names are remembered at most; the oldest is forgotten first. @default 1000 */
  maxUnknown?: number;
  /** A service that nobody asked for this long is forgotten and no longer watched, in milliseconds. @default 600000 */
  idleMs?: number;
}

/** How far the cached nodes of one service can be trusted. */
export interface CacheStatus {
  readonly nodes: number;
  /** The watch has lost touch with the registry: the nodes are the last that were known. */
  readonly stale: boolean;
  /** Milliseconds since the registry was last in touch; 0 while it is. */
  readonly ageMs: number;
}

/** What is known of services without asking the registry each time: each that is asked for is watched from then on. */
export interface RegistryCache extends Closeable {
  /** The name of the registry behind it. */
  readonly name: string;
  /**
   * The nodes of a service, none when nobody offers it: at once when they are known, else a promise. The table goes on
   * changing; ask again for each use. Rejects with 503 when the registry fails and nothing is known.
   */
  get(service: string): NodeTable | Promise<NodeTable>;
  /** The nodes of a service that is watched; does not count as asking for it. */
  peek(service: string): NodeTable | undefined;
  /** The names of the services that are watched, in the order in which they were first asked for. */
  services(): IterableIterator<string>;
  /** How old the knowledge of a service is; undefined when it is not watched. */
  status(service: string): CacheStatus | undefined;
}

/**
 * A cache in front of a registry, which stays its maker's to close. While the registry is down it serves the last
 * known nodes. Names that the registry does not know cost neither a watch nor lasting memory.
 */
export function registryCache(registry: Registry, options: RegistryCacheOptions = {}): RegistryCache {
  const { clock, logger, unknownMs, maxUnknown, idleMs } = { ...defaults, ...options };
  const watched = new Map<string, Watched>();
  const lookups = new Map<string, Promise<NodeTable>>();
  const unknown = unknownNames({ clock, ttlMs: unknownMs, max: maxUnknown });
  let closed = false;
  let stopSweeping: (() => void) | undefined;

  async function lookUp(service: string): Promise<NodeTable> {
    if (closed) throw unavailable(id, "the registry cache is closed");
    const sync = await firstRecords(registry, service);
    if (closed) throw unavailable(id, "the registry cache is closed");
    if (sync.records.every((record) => record.nodes.length === 0)) {
      unknown.add(service);
      return nobody;
    }
    const entry = watchService({ registry, service, clock, logger });
    entry.table.apply(sync);
    watched.set(service, entry);
    stopSweeping ??= sweepLater();
    return entry.table;
  }

  // Counting rounds spares each ask a look at the clock.
  function sweepLater(): () => void {
    return clock.after(idleMs / idleRounds, sweep, { background: true });
  }

  function sweep(): void {
    for (const [service, entry] of watched) {
      // What is stale could not be asked for again.
      if (++entry.idleRounds < idleRounds || entry.lostAtMs !== undefined) continue;
      watched.delete(service);
      void entry.stop();
    }
    stopSweeping = watched.size > 0 ? sweepLater() : undefined;
  }

  return {
    name: registry.name,
    get(service) {
      const entry = watched.get(service);
      if (entry) {
        entry.idleRounds = 0;
        return entry.table;
      }
      if (unknown.has(service)) return nobody;
      let lookup = lookups.get(service);
      if (!lookup) {
        lookup = lookUp(service).finally(() => lookups.delete(service));
        lookups.set(service, lookup);
      }
      return lookup;
    },
    peek: (service) => watched.get(service)?.table,
    services: () => watched.keys(),
    status(service) {
      const entry = watched.get(service);
      if (!entry) return undefined;
      const { lostAtMs } = entry;
      return {
        nodes: entry.table.nodes.length,
        stale: lostAtMs !== undefined,
        ageMs: lostAtMs === undefined ? 0 : clock.now() - lostAtMs,
      };
    },
    ...closeable(
      closeOnce(async () => {
        closed = true;
        stopSweeping?.();
        unknown.clear();
        const entries = [...watched.values()];
        watched.clear();
        await Promise.all(entries.map((entry) => entry.stop()));
      }),
    ),
  };
}

const defaults: Required<RegistryCacheOptions> = {
  clock: systemClock,
  logger: silentLogger,
  unknownMs: 1_000,
  maxUnknown: 1_000,
  idleMs: 600_000,
};

const id = "go.micro.registry";
const idleRounds = 10;
const nobody: NodeTable = nodeTable();

async function firstRecords(registry: Registry, service: string): Promise<RegistryEvent & { type: "sync" }> {
  try {
    return { type: "sync", records: await registry.getService(service) };
  } catch (cause) {
    const why = cause instanceof MicroError ? cause.detail : cause instanceof Error ? cause.message : String(cause);
    const detail = `cannot look up service ${service} in registry ${registry.name}: ${why}`;
    throw unavailable(id, detail, { cause, unprocessed: true });
  }
}

/** A service that is watched. */
interface Watched {
  readonly table: NodeTable;
  /** When the registry was last in touch; undefined while it is. */
  lostAtMs: number | undefined;
  /** How many sweeps ago somebody asked. */
  idleRounds: number;
  stop(): Promise<void>;
}

interface WatchedParts {
  readonly registry: Registry;
  readonly service: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

function watchService({ registry, service, clock, logger }: WatchedParts): Watched {
  const stopping = new AbortController();
  const { signal } = stopping;
  const entry: Watched = {
    table: nodeTable(),
    lostAtMs: undefined,
    idleRounds: 0,
    stop() {
      stopping.abort();
      return following;
    },
  };

  const onContact = (inTouch: boolean): void => {
    entry.lostAtMs = inTouch ? undefined : (entry.lostAtMs ?? clock.now());
  };

  async function followOnce(): Promise<void> {
    for await (const event of registry.watch({ service, signal, onContact })) {
      if (event.type === "sync") onContact(true);
      entry.table.apply(event);
    }
  }

  // A watch ends by itself only when the registry is closed or broken. The nodes stay until it is back.
  async function follow(): Promise<void> {
    for (let failures = 1; ; failures++) {
      const reason = await followOnce().then(
        () => "it ended",
        (error: unknown) => String(error),
      );
      if (signal.aborted) return;
      if (entry.lostAtMs === undefined) failures = 1;
      onContact(false);
      if (failures === 1)
        logger.warn({ service, registry: registry.name, reason }, "watch of the registry failed, trying again");
      const slept = await sleep(clock, backoffMs(failures, watchPause), signal, { background: true }).then(
        () => true,
        () => false,
      );
      if (!slept) return;
    }
  }

  const following = follow();
  return entry;
}

const watchPause = { baseMs: 100, maxMs: 30_000 };
