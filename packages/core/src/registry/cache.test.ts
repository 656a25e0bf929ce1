import { describe, expect, it } from "vitest";
import { testClock } from "../words/clock.ts";
import { silentLogger } from "../words/logger.ts";
import { type RegistryCacheOptions, registryCache } from "./cache.ts";
import { memoryRegistry } from "./memory.ts";
import type { NodeTable } from "./node-table.ts";
import type { Registry, RegistryEvent, ServiceRecord, WatchOptions } from "./registry.ts";

function record(name: string, id: string): ServiceRecord {
  return { name, version: "1", metadata: {}, endpoints: [], nodes: [{ id, address: `${id}:1`, metadata: {} }] };
}

function ids(table: NodeTable | undefined): string[] {
  return (table?.nodes ?? []).map(({ node }) => node.id).sort();
}

/** A memory registry that counts lookups and watches, and can be down. */
function setUp(options: RegistryCacheOptions = {}) {
  const clock = testClock();
  const store = memoryRegistry({ clock });
  const seen = { lookups: [] as string[], watches: [] as string[] };
  const state = { down: false, onContact: [] as ((inTouch: boolean) => void)[], breakWatches: new AbortController() };
  const registry: Registry = {
    ...store,
    name: "flaky",
    async getService(name) {
      seen.lookups.push(name);
      // Whoever asks at the same time asks before the answer.
      await new Promise((resolve) => setImmediate(resolve));
      if (state.down) throw new Error("connection refused");
      return store.getService(name);
    },
    watch: (options = {}) => watch(options),
  };
  async function* watch({ onContact, ...options }: WatchOptions): AsyncIterable<RegistryEvent> {
    const name = options.service ?? "";
    if (state.down) throw new Error("connection refused");
    seen.watches.push(name);
    if (onContact) state.onContact.push(onContact);
    const broken = state.breakWatches.signal;
    const signal = options.signal ? AbortSignal.any([options.signal, broken]) : broken;
    yield* store.watch({ ...options, signal });
    seen.watches.splice(seen.watches.indexOf(name), 1);
  }
  return { clock, store, registry, seen, state, cache: registryCache(registry, { clock, ...options }) };
}

/** Waits until what a watch was told has arrived. */
async function told(clock: { advance(ms: number): Promise<void> }): Promise<void> {
  await clock.advance(0);
}

describe("registryCache", () => {
  it("asks the registry once and answers at once from then on", async () => {
    const { cache, store, seen } = setUp();
    await store.register(record("a", "a-1"));
    const asked = [cache.get("a"), cache.get("a"), cache.get("a")];
    for (const table of asked) expect(ids(await table)).toEqual(["a-1"]);
    const table = cache.get("a");
    expect(table).not.toBeInstanceOf(Promise);
    expect(await table).toBe(await asked[0]);
    expect(seen.lookups).toEqual(["a"]);
    expect(seen.watches).toEqual(["a"]);
    await cache.close();
  });

  it("follows nodes that come, change and go, and keeps watching a service whose last node went", async () => {
    const { cache, store, clock, seen } = setUp();
    await store.register(record("a", "a-1"));
    const table = await cache.get("a");
    await store.register(record("a", "a-2"));
    await told(clock);
    expect(ids(table)).toEqual(["a-1", "a-2"]);
    await store.deregister(record("a", "a-1"));
    await store.deregister(record("a", "a-2"));
    await told(clock);
    expect(ids(table)).toEqual([]);
    expect(cache.get("a")).toBe(table);
    await store.register(record("a", "a-3"));
    await told(clock);
    expect(ids(table)).toEqual(["a-3"]);
    expect(seen.lookups).toEqual(["a"]);
    await cache.close();
  });

  it("misses nothing that happens between lookup and watch", async () => {
    const { cache, store, clock, registry } = setUp();
    await store.register(record("a", "a-1"));
    const lookUp = registry.getService;
    registry.getService = async (name) => {
      const records = await lookUp(name);
      await store.register(record("a", "a-2"));
      await store.deregister(record("a", "a-1"));
      return records;
    };
    const table = await cache.get("a");
    await told(clock);
    expect(ids(table)).toEqual(["a-2"]);
    await cache.close();
  });

  it("asks again for an unknown name only after a while, and watches none", async () => {
    const { cache, store, clock, seen } = setUp({ unknownMs: 1_000 });
    expect(ids(await cache.get("a"))).toEqual([]);
    await store.register(record("a", "a-1"));
    expect(ids(await cache.get("a"))).toEqual([]);
    await clock.advance(999);
    expect(cache.get("a")).not.toBeInstanceOf(Promise);
    expect(seen).toEqual({ lookups: ["a"], watches: [] });
    await clock.advance(1);
    expect(ids(await cache.get("a"))).toEqual(["a-1"]);
    await cache.close();
  });

  it("remembers a bounded number of unknown names, the latest ones", async () => {
    const { cache, seen } = setUp({ maxUnknown: 10 });
    for (let i = 0; i < 100; i++) await cache.get(`random-${i}`);
    seen.lookups.length = 0;
    for (let i = 99; i >= 90; i--) await cache.get(`random-${i}`);
    expect(seen.lookups).toEqual([]);
    await cache.get("random-89");
    expect(seen.lookups).toEqual(["random-89"]);
    await cache.close();
  });

  it("rejects with 503, naming registry and cause, when the registry fails and nothing is known", async () => {
    const { cache, store, state, seen } = setUp();
    await store.register(record("a", "a-1"));
    state.down = true;
    const refused = {
      code: 503,
      detail: "cannot look up service a in registry flaky: connection refused",
      unprocessed: true,
    };
    await expect(cache.get("a")).rejects.toMatchObject(refused);
    state.down = false;
    expect(ids(await cache.get("a"))).toEqual(["a-1"]);
    expect(seen.lookups).toEqual(["a", "a"]);
    await cache.close();
  });

  it("serves the last known nodes while its watch fails, tells their age, and catches up afterwards", async () => {
    const { cache, store, state, clock } = setUp();
    await store.register(record("a", "a-1"));
    const table = await cache.get("a");
    await told(clock);
    expect(cache.status("a")).toEqual({ nodes: 1, stale: false, ageMs: 0 });
    state.down = true;
    state.breakWatches.abort();
    await clock.advance(5_000);
    expect(ids(await cache.get("a"))).toEqual(["a-1"]);
    expect(cache.status("a")).toEqual({ nodes: 1, stale: true, ageMs: 5_000 });
    await store.register(record("a", "a-2"));
    await store.deregister(record("a", "a-1"));
    state.down = false;
    state.breakWatches = new AbortController();
    await clock.advance(30_000);
    expect(ids(table)).toEqual(["a-2"]);
    expect(cache.status("a")).toEqual({ nodes: 1, stale: false, ageMs: 0 });
    await cache.close();
  });

  it("takes up a broken watch soon again, however often it broke before, and says so once", async () => {
    const warned: string[] = [];
    const logger = { ...silentLogger, warn: (...line: unknown[]) => void warned.push(String(line.at(-1))) };
    const { cache, store, state, clock } = setUp({ logger });
    await store.register(record("a", "a-1"));
    await cache.get("a");
    await told(clock);
    for (let times = 1; times <= 10; times++) {
      const { breakWatches } = state;
      state.breakWatches = new AbortController();
      breakWatches.abort();
      await told(clock);
      expect(cache.status("a")?.stale).toBe(true);
      await clock.advance(100);
      expect(cache.status("a")?.stale).toBe(false);
      expect(warned).toHaveLength(times);
    }
    state.down = true;
    state.breakWatches.abort();
    await clock.advance(60_000);
    expect(warned).toHaveLength(11);
    await cache.close();
    expect(warned).toHaveLength(11);
  });

  it("warns of nothing when it is closed", async () => {
    const warned: unknown[] = [];
    const { cache, store, clock } = setUp({
      logger: { ...silentLogger, warn: (...line: unknown[]) => void warned.push(line) },
    });
    await store.register(record("a", "a-1"));
    await cache.get("a");
    await told(clock);
    await cache.close();
    expect(warned).toEqual([]);
  });

  it("tells the age of nodes whose registry says that it lost touch", async () => {
    const { cache, store, state, clock } = setUp();
    await store.register(record("a", "a-1"));
    await cache.get("a");
    await told(clock);
    state.onContact[0]?.(false);
    await clock.advance(2_000);
    state.onContact[0]?.(false);
    await clock.advance(1_000);
    expect(cache.status("a")).toEqual({ nodes: 1, stale: true, ageMs: 3_000 });
    state.onContact[0]?.(true);
    expect(cache.status("a")).toEqual({ nodes: 1, stale: false, ageMs: 0 });
    await cache.close();
  });

  it("forgets a service that nobody asked for, and only that one", async () => {
    const { cache, store, clock, seen } = setUp({ idleMs: 600_000 });
    await store.register(record("a", "a-1"));
    await store.register(record("b", "b-1"));
    await cache.get("a");
    await cache.get("b");
    await clock.advance(400_000);
    await cache.get("b");
    await clock.advance(300_000);
    expect(seen.watches).toEqual(["b"]);
    expect(cache.status("a")).toBeUndefined();
    expect(cache.peek("b")).toBe(await cache.get("b"));
    expect(ids(await cache.get("a"))).toEqual(["a-1"]);
    await cache.close();
  });

  it("keeps what it could not ask for again, however long nobody asks", async () => {
    const { cache, store, clock, state } = setUp({ idleMs: 600_000 });
    await store.register(record("a", "a-1"));
    await cache.get("a");
    await told(clock);
    state.onContact[0]?.(false);
    await clock.advance(6_000_000);
    expect(ids(cache.peek("a"))).toEqual(["a-1"]);
    await cache.close();
  });

  it("ends its watches and rejects when it is closed, and leaves the registry open", async () => {
    const { cache, store, seen } = setUp();
    await store.register(record("a", "a-1"));
    await cache.get("a");
    const underWay = cache.get("b");
    const outcome = expect(underWay).rejects.toMatchObject({ code: 503, detail: "the registry cache is closed" });
    await cache.close();
    await cache.close();
    await outcome;
    expect(seen.watches).toEqual([]);
    await expect(async () => cache.get("a")).rejects.toMatchObject({ code: 503 });
    expect(await store.getService("a")).toHaveLength(1);
  });

  it("survives a registry that is closed before it", async () => {
    const { cache, store, clock } = setUp();
    await store.register(record("a", "a-1"));
    await cache.get("a");
    await store.close();
    await clock.advance(60_000);
    expect(ids(await cache.get("a"))).toEqual(["a-1"]);
    expect(cache.status("a")).toMatchObject({ stale: true });
    await cache.close();
  });
});
