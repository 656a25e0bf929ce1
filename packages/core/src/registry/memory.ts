import { type Clock, systemClock } from "../words/clock.ts";
import { badRequest, type MicroError, unavailable } from "../words/errors.ts";
import { closeable, closeOnce } from "../words/lifecycle.ts";
import { type FeedWriter, feed } from "./feed.ts";
import { type MemoryStore, memoryStore } from "./memory-store.ts";
import type { RegistryPlugin } from "./plugin.ts";
import type { Registry } from "./registry.ts";

export interface MemoryRegistryOptions {
  /** Where records are kept; registries on one store see each other's. @default a store of its own */
  store?: MemoryStore;
  /** What the records' time to live is measured with, unless a store is given. @default the system's clock */
  clock?: Clock;
  /** How many events may wait for a slow watcher before it gets a `sync` instead. @default 10000 */
  maxWaitingEvents?: number;
}

/**
 * Keeps records in this process: for tests, and for programs whose services run in one process. Closing it removes
 * none of them, as with a registry elsewhere: their owner deregisters them, or their time to live ends.
 */
export function memoryRegistry(options: MemoryRegistryOptions = {}): Registry {
  const store = options.store ?? memoryStore({ clock: options.clock ?? systemClock });
  const watches = new Set<FeedWriter>();
  let closed = false;

  const assertOpen = (): void => {
    if (closed) throw unavailable(id, "the memory registry is closed");
  };

  return {
    name: "memory",
    async register(record, { ttlMs } = {}) {
      assertOpen();
      if (record.name === "") throw unregistrable("a record without a name");
      if (record.nodes.length === 0) throw unregistrable(`service ${record.name} without nodes`);
      if (record.nodes.some((node) => node.id === "")) throw unregistrable(`a node of ${record.name} without an id`);
      store.put(record, ttlMs);
    },
    async deregister(record) {
      assertOpen();
      store.remove(record);
    },
    async getService(name) {
      assertOpen();
      return store.records(name);
    },
    async listServices() {
      assertOpen();
      return store.records();
    },
    watch({ service, signal } = {}) {
      return feed({
        snapshot: () => store.records(service),
        connect(writer) {
          assertOpen();
          const stopListening = store.listen(service, writer);
          watches.add(writer);
          return () => {
            stopListening();
            watches.delete(writer);
          };
        },
        signal,
        maxWaiting: options.maxWaitingEvents,
      });
    },
    ...closeable(
      closeOnce(() => {
        closed = true;
        for (const watch of watches) watch.end();
      }),
    ),
  };
}

/**
 * Answers to `--registry=memory`. All that are opened this way share one store, so that the services of a process see
 * each other. Addresses mean nothing to it and are not looked at.
 */
export const memory: RegistryPlugin = {
  kind: "registry",
  name: "memory",
  open: () => {
    shared ??= memoryStore();
    return memoryRegistry({ store: shared });
  },
};

let shared: MemoryStore | undefined;

const id = "go.micro.registry";

function unregistrable(what: string): MicroError {
  return badRequest(id, `cannot register ${what}`);
}
