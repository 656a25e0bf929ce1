import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { testClock } from "../words/clock.ts";
import { silentLogger } from "../words/logger.ts";
import { memory, memoryRegistry } from "./memory.ts";
import { type MemoryStore, memoryStore } from "./memory-store.ts";
import type { ServiceRecord } from "./registry.ts";

// What every registry promises is in the conformance suite; here stands what is the memory registry's own.

function record(n: number): ServiceRecord {
  return {
    name: "a",
    version: "1",
    metadata: {},
    endpoints: [],
    nodes: [{ id: `a-${n}`, address: "x:1", metadata: {} }],
  };
}

it("gives a reader that fell far behind a new sync instead of all it missed", async () => {
  await using registry = memoryRegistry({ maxWaitingEvents: 10 });
  const events = registry.watch()[Symbol.asyncIterator]();
  await events.next();
  for (let n = 0; n < 10; n++) await registry.register(record(n));
  expect((await events.next()).value).toMatchObject({ type: "create", record: { nodes: [{ id: "a-0" }] } });
  for (let n = 10; n < 20; n++) await registry.register(record(n));
  const { value } = await events.next();
  expect(value).toMatchObject({ type: "sync", records: [{ nodes: { length: 20 } }] });
  await registry.register(record(20));
  expect((await events.next()).value).toMatchObject({ type: "create", record: { nodes: [{ id: "a-20" }] } });
});

it("tells nothing of a renewal that changes nothing", async () => {
  await using registry = memoryRegistry();
  await registry.register(record(1));
  const events = registry.watch()[Symbol.asyncIterator]();
  await events.next();
  await registry.register(record(1));
  await registry.register(record(2));
  expect((await events.next()).value).toMatchObject({ record: { nodes: [{ id: "a-2" }] } });
});

it("ends a watch that is left while its reader waits", async () => {
  await using registry = memoryRegistry();
  const events = registry.watch()[Symbol.asyncIterator]();
  await events.next();
  const waiting = events.next();
  await events.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(await events.next()).toEqual({ done: true, value: undefined });
});

it("leaves nothing behind, on the signal or in the store, when a watch ends", async () => {
  const store = memoryStore();
  let listening = 0;
  const counting: MemoryStore = {
    ...store,
    listen(service, reader) {
      listening++;
      const stop = store.listen(service, reader);
      return () => {
        listening--;
        stop();
      };
    },
  };
  await using registry = memoryRegistry({ store: counting });
  const { signal } = new AbortController();
  for (let i = 0; i < 3; i++) {
    for await (const event of registry.watch({ signal })) {
      expect([event.type, listening, getEventListeners(signal, "abort").length]).toEqual(["sync", 1, 1]);
      break;
    }
  }
  expect([listening, getEventListeners(signal, "abort").length]).toEqual([0, 0]);
});

it("hands events to readers in the order they asked", async () => {
  await using registry = memoryRegistry();
  const events = registry.watch()[Symbol.asyncIterator]();
  const asked = [events.next(), events.next(), events.next()];
  await registry.register(record(1));
  await registry.register(record(2));
  const types = (await Promise.all(asked)).map(({ value }) =>
    value?.type === "sync" ? "sync" : value?.record.nodes[0]?.id,
  );
  expect(types).toEqual(["sync", "a-1", "a-2"]);
});

it("keeps a record without time to live, or with one of 0 or beyond what a timer can count, until it is removed", async () => {
  const clock = testClock();
  await using registry = memoryRegistry({ clock });
  await registry.register(record(1));
  await registry.register(record(2), { ttlMs: 0 });
  await registry.register(record(3), { ttlMs: Number.MAX_SAFE_INTEGER });
  await registry.register(record(4), { ttlMs: 1 });
  await clock.advance(60_000);
  expect((await registry.getService("a"))[0]?.nodes.map((node) => node.id)).toEqual(["a-1", "a-2", "a-3"]);
});

it.each([
  [{ ...record(1), name: "" }, "a record without a name"],
  [{ ...record(1), nodes: [] }, "service a without nodes"],
  [{ ...record(1), nodes: [{ id: "", address: "x:1", metadata: {} }] }, "a node of a without an id"],
])("refuses what nobody could find again: %j", async (incomplete, what) => {
  await using registry = memoryRegistry();
  await expect(registry.register(incomplete)).rejects.toMatchObject({ code: 400, detail: `cannot register ${what}` });
});

it("shares records between registries that were opened as plugins, and with no other", async () => {
  const options = { addresses: [], logger: silentLogger };
  await using here = await memory.open(options);
  await using there = await memory.open(options);
  await using apart = memoryRegistry();
  await here.register(record(1));
  expect(await there.getService("a")).toHaveLength(1);
  expect(await apart.getService("a")).toEqual([]);
  await there.deregister(record(1));
  expect(await here.getService("a")).toEqual([]);
});
