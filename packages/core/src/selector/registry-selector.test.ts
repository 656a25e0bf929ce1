import { describe, expect, it } from "vitest";
import { registryCache } from "../registry/cache.ts";
import { memoryRegistry } from "../registry/memory.ts";
import type { ServiceRecord } from "../registry/registry.ts";
import { testClock } from "../words/clock.ts";
import { silentLogger } from "../words/logger.ts";
import { byVersion } from "./filters.ts";
import { type RegistrySelectorOptions, registrySelector } from "./registry-selector.ts";
import { roundRobin } from "./round-robin.ts";
import type { Candidate, Filter, Next, SelectOptions, Selector, Strategy } from "./selector.ts";

function record(ids: readonly string[], changes: Partial<ServiceRecord> = {}): ServiceRecord {
  const nodes = ids.map((id) => ({ id, address: `${id}:1`, metadata: {} }));
  return { name: "a", version: "1", metadata: {}, endpoints: [], nodes, ...changes };
}

/** Always the first of those it is given, so that tests see what a strategy is given. */
const first: Strategy = () => (candidates) => {
  const [candidate] = candidates;
  if (!candidate) throw new Error("a strategy was given no candidates");
  return candidate;
};

/** A selector over service `a` with these nodes, which leaves failed nodes out for exactly 1, 2, 4 … seconds. */
async function setUp(ids: readonly string[], options: RegistrySelectorOptions = {}) {
  const clock = testClock();
  const registry = memoryRegistry({ clock });
  if (ids.length > 0) await registry.register(record(ids));
  const selector = registrySelector({ registry, clock, strategy: first, random: () => 1, ...options });
  if (ids.length > 0) await selector.select("a");
  await clock.advance(0);
  return { clock, registry, selector };
}

function selectNow(selector: Selector, options?: SelectOptions): Next {
  const next = selector.select("a", options);
  if (next instanceof Promise) throw new Error("the service should have been known already");
  return next;
}

function pick(selector: Selector, options?: SelectOptions): Candidate {
  return selectNow(selector, options)();
}

function fail(selector: Selector, id: string): void {
  selector.mark(candidate(id), "failed");
}

function candidate(id: string, address = `${id}:1`): Candidate {
  return { node: { id, address, metadata: {} }, record: record([id]) };
}

function take(next: Next, count: number): string[] {
  return Array.from({ length: count }, () => next().node.id);
}

describe("registrySelector", () => {
  it("rejects with 404, naming service and registry, when nobody offers the service", async () => {
    const { selector } = await setUp([]);
    const refused = { id: "go.micro.client", code: 404, detail: "service a not found in registry memory" };
    await expect(selector.select("a")).rejects.toMatchObject(refused);
    await expect(selector.select("a")).rejects.toMatchObject(refused);
  });

  it("rejects with 404 when the last node went, and answers again when one comes", async () => {
    const { selector, registry, clock } = await setUp(["n1"]);
    await registry.deregister(record(["n1"]));
    await clock.advance(0);
    await expect(selector.select("a")).rejects.toMatchObject({ code: 404 });
    await registry.register(record(["n2"]));
    await clock.advance(0);
    expect(pick(selector).node.id).toBe("n2");
  });

  it("gives each node once before it gives one again, also when calls choose the order", async () => {
    const { selector } = await setUp(["n1", "n2", "n3"]);
    expect(take(selectNow(selector), 6)).toEqual(["n1", "n2", "n3", "n1", "n2", "n3"]);
    for (const strategy of [undefined, roundRobin]) {
      const taken = take(selectNow(selector, strategy && { strategy }), 3);
      expect(taken.sort()).toEqual(["n1", "n2", "n3"]);
    }
  });

  it("spreads calls evenly in round robin, and evenly over the others while a node is out", async () => {
    const { selector } = await setUp(["n1", "n2", "n3", "n4"], { strategy: roundRobin });
    const count = (calls: number): Record<string, number> => {
      const counts: Record<string, number> = {};
      for (let i = 0; i < calls; i++) {
        const { id } = pick(selector).node;
        counts[id] = (counts[id] ?? 0) + 1;
      }
      return counts;
    };
    expect(count(400)).toEqual({ n1: 100, n2: 100, n3: 100, n4: 100 });
    fail(selector, "n2");
    expect(count(300)).toEqual({ n1: 100, n3: 100, n4: 100 });
  });

  it("keeps the turns of calls with different filters apart", async () => {
    const { selector, registry, clock } = await setUp(["n1", "n2"], { strategy: roundRobin });
    await registry.register(record(["m1", "m2"], { version: "2" }));
    await clock.advance(0);
    const [one, two]: (readonly Filter[])[] = [[byVersion("1")], [byVersion("2")]];
    const taken = { one: new Set<string>(), two: new Set<string>() };
    for (let i = 0; i < 2; i++) {
      taken.one.add(pick(selector, { filters: one ?? [] }).node.id);
      taken.two.add(pick(selector, { filters: two ?? [] }).node.id);
    }
    expect(taken).toEqual({ one: new Set(["n1", "n2"]), two: new Set(["m1", "m2"]) });
  });

  it("asks a filter about each node once until the nodes change", async () => {
    const { selector, registry, clock } = await setUp(["n1", "n2", "n3"]);
    let asked = 0;
    const filters = [
      ({ node }: Candidate) => {
        asked++;
        return node.id !== "n1";
      },
    ];
    for (let i = 0; i < 10; i++) expect(pick(selector, { filters }).node.id).toBe("n2");
    expect(asked).toBe(3);
    await registry.register(record(["n4"]));
    await clock.advance(0);
    for (let i = 0; i < 10; i++) expect(take(selectNow(selector, { filters }), 3)).toEqual(["n2", "n3", "n4"]);
    expect(asked).toBe(7);
    fail(selector, "n2");
    expect(take(selectNow(selector, { filters }), 2)).toEqual(["n3", "n4"]);
    expect(asked).toBe(7);
  });

  it("throws 503 when filters leave nobody", async () => {
    const { selector } = await setUp(["n1", "n2"]);
    expect(() => pick(selector, { filters: [byVersion("9")] })).toThrow(
      expect.objectContaining({
        code: 503,
        detail: "service a has no node to call: the call's filters accept none of its 2 nodes",
      }),
    );
  });

  it("throws 503 when the last node goes during a call", async () => {
    const { selector, registry, clock } = await setUp(["n1"]);
    const next = selectNow(selector);
    next();
    await registry.deregister(record(["n1"]));
    await clock.advance(0);
    expect(next).toThrow(expect.objectContaining({ code: 503, unprocessed: true }));
  });

  it("leaves a failed node out for 1, 2, 4 … seconds, 30 at most, with one trial in between", async () => {
    const { selector, clock } = await setUp(["n1", "n2"]);
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      fail(selector, "n1");
      await clock.advance(seconds * 1_000 - 1);
      expect(pick(selector).node.id).toBe("n2");
      await clock.advance(1);
      expect(pick(selector).node.id).toBe("n1");
    }
  });

  it("tries a node that was out with one call at a time", async () => {
    const { selector, clock } = await setUp(["n1", "n2"], { trialMs: 5_000 });
    fail(selector, "n1");
    await clock.advance(1_000);
    expect(["n1", "n2", "n2", "n2"]).toEqual([0, 1, 2, 3].map(() => pick(selector).node.id));
    // The call that tried it was given up and said nothing.
    await clock.advance(5_000);
    expect(["n1", "n2"]).toEqual([0, 1].map(() => pick(selector).node.id));
  });

  it("takes a node back at once when it is reached, and forgets how often it failed", async () => {
    const { selector, clock } = await setUp(["n1", "n2"]);
    fail(selector, "n1");
    await clock.advance(1_000);
    pick(selector);
    fail(selector, "n1");
    expect(pick(selector).node.id).toBe("n2");
    selector.mark(candidate("n1"), "reached");
    expect(pick(selector).node.id).toBe("n1");
    fail(selector, "n1");
    await clock.advance(1_000);
    expect(pick(selector).node.id).toBe("n1");
  });

  it("takes calls that fail together for one failure", async () => {
    const { selector, clock } = await setUp(["n1", "n2"]);
    for (let i = 0; i < 100; i++) fail(selector, "n1");
    await clock.advance(1_000);
    expect(pick(selector).node.id).toBe("n1");
  });

  it("gives other nodes first within a call, then the one that failed", async () => {
    const { selector } = await setUp(["n1", "n2", "n3"]);
    fail(selector, "n1");
    expect(take(selectNow(selector), 4)).toEqual(["n2", "n3", "n1", "n2"]);
  });

  it("goes on with the node that failed the longest ago when all have", async () => {
    const { selector, clock } = await setUp(["n1", "n2", "n3"]);
    for (const id of ["n2", "n3", "n1"]) {
      fail(selector, id);
      await clock.advance(1);
    }
    expect(pick(selector).node.id).toBe("n2");
    // Calls made meanwhile do not all go to the same one.
    expect(pick(selector).node.id).toBe("n3");
    expect(take(selectNow(selector), 4)).toEqual(["n1", "n2", "n3", "n1"]);
    selector.mark(candidate("n3"), "reached");
    expect(take(selectNow(selector), 1)).toEqual(["n3"]);
  });

  it("counts a failed trial as the latest failure", async () => {
    const { selector, clock } = await setUp(["n1", "n2"]);
    fail(selector, "n1");
    await clock.advance(900);
    fail(selector, "n2");
    await clock.advance(100);
    expect(pick(selector).node.id).toBe("n1");
    fail(selector, "n1");
    expect(pick(selector).node.id).toBe("n2");
  });

  it("leaves many nodes out of many as it does few", async () => {
    const all = Array.from({ length: 500 }, (_, n) => `n${n}`);
    const { selector } = await setUp(all);
    for (const id of all.slice(0, 50)) fail(selector, id);
    expect(take(selectNow(selector), 450).sort()).toEqual(all.slice(50).sort());
    for (const id of all.slice(50, 499)) fail(selector, id);
    expect(pick(selector).node.id).toBe("n499");
  });

  it("does not try a node that the call's filters refuse", async () => {
    const { selector, clock } = await setUp(["n1", "n2"]);
    fail(selector, "n1");
    await clock.advance(1_000);
    const filters = [({ node }: Candidate) => node.id !== "n1"];
    expect(take(selectNow(selector, { filters }), 3)).toEqual(["n2", "n2", "n2"]);
    expect(pick(selector).node.id).toBe("n1");
  });

  it("forgets the failures of a node that left and came back, or moved", async () => {
    const { selector, registry, clock } = await setUp(["n1", "n2"]);
    fail(selector, "n1");
    await registry.deregister(record(["n1"]));
    await clock.advance(0);
    expect(take(selectNow(selector), 2)).toEqual(["n2", "n2"]);
    await registry.register(record(["n1"]));
    await clock.advance(0);
    expect(take(selectNow(selector), 2).sort()).toEqual(["n1", "n2"]);
    fail(selector, "n1");
    await registry.register({ ...record([]), nodes: [{ id: "n1", address: "elsewhere:1", metadata: {} }] });
    await clock.advance(0);
    // A call that was under way to the old address says nothing about the new one.
    fail(selector, "n1");
    const { filters } = { filters: [({ node }: Candidate) => node.id === "n1"] };
    expect(pick(selector, { filters }).node.address).toBe("elsewhere:1");
    expect(new Set([0, 1].map(() => pick(selector, { strategy: roundRobin }).node.id))).toEqual(new Set(["n1", "n2"]));
  });

  it("takes no notice of nodes and services that it does not know", async () => {
    const { selector } = await setUp(["n1"]);
    fail(selector, "n9");
    selector.mark({ ...candidate("n1"), record: { ...record(["n1"]), name: "b" } }, "failed");
    expect(pick(selector).node.id).toBe("n1");
  });

  it("closes the cache it made and leaves one that it was given", async () => {
    const { selector, registry, clock } = await setUp(["n1"]);
    const cache = registryCache(registry, { clock });
    const second = registrySelector({ cache });
    await second.select("a");
    await second.close();
    expect(cache.status("a")).toMatchObject({ nodes: 1 });
    await cache.close();
    await selector.close();
    await expect(selector.select("a")).rejects.toMatchObject({ code: 503 });
    await expect(second.select("a")).rejects.toMatchObject({ code: 503 });
    expect(await registry.getService("a")).toHaveLength(1);
  });

  it("counts outages and says them, many in one line, and says who is back", async () => {
    const lines: string[] = [];
    const write = (line: unknown): void => void lines.push(String(line));
    const logger = { ...silentLogger, warn: write, info: write };
    const { selector, clock } = await setUp(["n1", "n2", "n3"], { logger });
    for (const id of ["n1", "n1", "n2", "n3"]) fail(selector, id);
    expect(selector.stats?.()).toEqual({ outages: 3, ejections: 0 });
    expect(lines).toEqual(["node n1 of a at n1:1 is left out for now: it could not be reached"]);
    await clock.advance(10_000);
    expect(lines[1]).toMatch(/^node n3 of a at n3:1 is left out .* \(the last of 2 like it in 10 s\)$/);
    for (let call = 0; call < 3; call++) selector.mark(candidate("n1"), "reached");
    expect(lines.slice(2)).toEqual(["node n1 of a at n1:1 is reached again"]);
  });

  it("needs a registry or a cache", () => {
    expect(() => registrySelector({})).toThrow("needs a registry or a cache");
  });
});
