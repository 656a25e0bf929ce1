import type { Candidate, Filter, Next, SelectOptions, Strategy } from "@micro/core";
import { expect } from "vitest";
import { eventually } from "../patience.ts";
import { freshName, nodeOf, recordOf } from "../registry/records.ts";
import type { Case } from "../suite.ts";
import type { SelectorBench, SelectorHarness } from "./harness.ts";

/** Every promise of `Selector`. */
export const selectorCases: readonly Case<SelectorHarness>[] = [
  {
    name: "rejects with 404, naming the service, when nobody offers it",
    async run(harness) {
      await using bench = await harness.open();
      const name = freshName();
      const selecting = (async () => bench.selector.select(name))();
      await expect(selecting).rejects.toMatchObject({ name: "MicroError", code: 404 });
      await expect(selecting).rejects.toThrow(`service ${name} not found`);
    },
  },
  {
    name: "finds a service that came after it was asked for in vain",
    async run(harness) {
      await using bench = await harness.open();
      const name = freshName();
      await expect((async () => bench.selector.select(name))()).rejects.toMatchObject({ code: 404 });
      await bench.add(recordOf(name, [nodeOf(name, 1)]));
      await harness.elapse(harness.unknownMs ?? 0);
      await eventually(harness, async () => expect(take(await bench.selector.select(name), 1)).toEqual([`${name}-1`]));
    },
  },
  {
    name: "gives a node as it was registered, with its record",
    async run(harness) {
      const { bench, name } = await known(harness, [1]);
      await using _ = bench;
      const { node, record } = (await bench.selector.select(name))();
      expect({ ...node, metadata: { ...node.metadata } }).toEqual(nodeOf(name, 1));
      expect([record.name, record.version]).toEqual([name, "1.0.0"]);
    },
  },
  {
    name: "answers without a promise once it knows the service",
    async run(harness) {
      const { bench, name } = await known(harness, [1]);
      await using _ = bench;
      expect(bench.selector.select(name)).toBeTypeOf("function");
    },
  },
  {
    name: "gives each node once within a call before it gives one again",
    async run(harness) {
      const { bench, name } = await known(harness, [1, 2, 3, 4, 5]);
      await using _ = bench;
      const next = await bench.selector.select(name);
      const all = [1, 2, 3, 4, 5].map((n) => `${name}-${n}`);
      expect(take(next, 5).sort()).toEqual(all);
      expect(take(next, 5).sort()).toEqual(all);
    },
  },
  {
    name: "gives each node its share of the calls",
    async run(harness) {
      const { bench, name } = await known(harness, [1, 2, 3]);
      await using _ = bench;
      const counts = new Map<string, number>();
      for (let i = 0; i < 600; i++) {
        const { id } = (await bench.selector.select(name))().node;
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      expect([...counts.keys()].sort()).toEqual([1, 2, 3].map((n) => `${name}-${n}`));
      // A third each, and so little room for chance that a fair selector misses it once in many lifetimes.
      for (const count of counts.values()) expect(count).toBeGreaterThan(100);
    },
  },
  {
    name: "gives nodes that came and none that went",
    async run(harness) {
      const { bench, name } = await known(harness, [1, 2]);
      await using _ = bench;
      await bench.add(recordOf(name, [nodeOf(name, 3)]));
      await bench.remove(recordOf(name, [nodeOf(name, 1)]));
      await eventually(harness, async () => {
        expect(take(await bench.selector.select(name), 4).sort()).toEqual([2, 2, 3, 3].map((n) => `${name}-${n}`));
      });
    },
  },
  {
    name: "gives only nodes that all filters accept",
    skip: needsRecords,
    async run(harness) {
      const { bench, name } = await known(harness, [1, 2, 3, 4]);
      await using _ = bench;
      const filters: Filter[] = [not(`${name}-1`), not(`${name}-3`)];
      // Three, since a call gives each node once before it gives one again: a third node would have to show.
      const given = new Set(take(await bench.selector.select(name, { filters }), 3));
      expect([...given].sort()).toEqual([`${name}-2`, `${name}-4`]);
      expect(take(await bench.selector.select(name), 4)).toHaveLength(4);
    },
  },
  {
    name: "applies the same filters to nodes that came later",
    skip: needsRecords,
    async run(harness) {
      const { bench, name } = await known(harness, [1, 2]);
      await using _ = bench;
      const filters: Filter[] = [not(`${name}-1`)];
      expect(take(await bench.selector.select(name, { filters }), 2)).toEqual([`${name}-2`, `${name}-2`]);
      await bench.add(recordOf(name, [nodeOf(name, 3)]));
      await eventually(harness, async () => {
        expect(take(await bench.selector.select(name, { filters }), 2).sort()).toEqual([`${name}-2`, `${name}-3`]);
      });
    },
  },
  {
    name: "throws 503 when filters accept no node",
    skip: needsRecords,
    async run(harness) {
      const { bench, name } = await known(harness, [1, 2]);
      await using _ = bench;
      const choose = async (): Promise<Candidate> => (await bench.selector.select(name, { filters: [() => false] }))();
      await expect(choose()).rejects.toMatchObject({ name: "MicroError", code: 503 });
    },
  },
  {
    name: "makes a call's strategy once for a service and asks it for each attempt, with the nodes that are left",
    async run(harness) {
      const { bench, name } = await known(harness, [1, 2, 3]);
      await using _ = bench;
      let made = 0;
      const given: string[][] = [];
      const strategy: Strategy = () => {
        made++;
        return (candidates) => {
          given.push(candidates.map(({ node }) => node.id).sort());
          return candidates.at(-1) ?? noCandidate();
        };
      };
      const taken: string[] = [];
      for (let i = 0; i < 2; i++) taken.push(...take(await bench.selector.select(name, { strategy }), 3));
      expect(made).toBe(1);
      expect(taken.slice(0, 3).sort()).toEqual([1, 2, 3].map((n) => `${name}-${n}`));
      expect(taken.slice(3)).toEqual(taken.slice(0, 3));
      expect(given.map((ids) => ids.length)).toEqual([3, 2, 1, 3, 2, 1]);
      expect(given[1]).not.toContain(taken[0]);
    },
  },
  {
    name: "leaves a node out that could not be reached",
    skip: needsOutages,
    async run(harness) {
      const { bench, name } = await known(harness, [1, 2, 3]);
      await using _ = bench;
      const failed = (await bench.selector.select(name))();
      bench.selector.mark(failed, "failed");
      for (let i = 0; i < 20; i++) expect((await bench.selector.select(name))().node.id).not.toBe(failed.node.id);
    },
  },
  {
    name: "tries a node again after a while, with one call, and brings it back when that reached it",
    skip: needsOutages,
    async run(harness) {
      const { bench, name } = await known(harness, [1, 2, 3]);
      await using _ = bench;
      const failed = (await bench.selector.select(name))();
      bench.selector.mark(failed, "failed");
      await harness.elapse(harness.outageMs ?? 0);
      const during = await firsts(bench, name, 30);
      expect(during.filter((id) => id === failed.node.id)).toHaveLength(1);
      bench.selector.mark(failed, "reached");
      expect(await firsts(bench, name, 300)).toContain(failed.node.id);
    },
  },
  {
    name: "brings a node back at once when it was reached",
    skip: needsOutages,
    async run(harness) {
      const { bench, name } = await known(harness, [1, 2]);
      await using _ = bench;
      const failed = (await bench.selector.select(name))();
      bench.selector.mark(failed, "failed");
      expect(await firsts(bench, name, 30)).not.toContain(failed.node.id);
      bench.selector.mark(failed, "reached");
      expect(await firsts(bench, name, 300)).toContain(failed.node.id);
    },
  },
  {
    name: "goes on giving nodes when none could be reached",
    async run(harness) {
      const { bench, name } = await known(harness, [1, 2, 3]);
      await using _ = bench;
      const next = await bench.selector.select(name);
      for (let i = 0; i < 3; i++) bench.selector.mark(next(), "failed");
      expect(take(await bench.selector.select(name), 3).sort()).toEqual([1, 2, 3].map((n) => `${name}-${n}`));
    },
  },
  {
    name: "takes no notice of marks for what it does not know",
    async run(harness) {
      const { bench, name } = await known(harness, [1]);
      await using _ = bench;
      const stranger = freshName();
      const record = recordOf(stranger, [nodeOf(stranger, 1)]);
      for (const outcome of ["failed", "reached"] as const)
        bench.selector.mark({ node: nodeOf(stranger, 1), record }, outcome);
      expect(await firsts(bench, name, 1)).toEqual([`${name}-1`]);
    },
  },
  {
    name: "rejects with 503 when it is closed, and closes twice",
    async run(harness) {
      const { bench, name } = await known(harness, [1]);
      await using _ = bench;
      await Promise.all([bench.selector.close(), bench.selector.close()]);
      await bench.selector.close();
      await expect((async () => bench.selector.select(name))()).rejects.toMatchObject({
        name: "MicroError",
        code: 503,
      });
    },
  },
];

/** A bench that knows a service with these nodes. */
async function known(
  harness: SelectorHarness,
  numbers: readonly number[],
): Promise<{ bench: SelectorBench; name: string }> {
  const bench = await harness.open();
  try {
    const name = freshName();
    await bench.add(
      recordOf(
        name,
        numbers.map((n) => nodeOf(name, n)),
      ),
    );
    await eventually(harness, async () => {
      const all = numbers.map((n) => `${name}-${n}`).sort();
      expect(take(await bench.selector.select(name), numbers.length).sort()).toEqual(all);
    });
    return { bench, name };
  } catch (reason) {
    await bench.close();
    throw reason;
  }
}

function take(next: Next, count: number): string[] {
  return Array.from({ length: count }, () => next().node.id);
}

/** The first node of each of `count` calls. */
async function firsts(bench: SelectorBench, name: string, count: number, options?: SelectOptions): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push((await bench.selector.select(name, options))().node.id);
  return ids;
}

function not(nodeId: string): Filter {
  return ({ node }) => node.id !== nodeId;
}

function noCandidate(): never {
  throw new Error("a strategy was asked to choose from no candidates");
}

function needsRecords(harness: SelectorHarness): string | undefined {
  return harness.knowsRecords === false ? "the selector knows addresses only" : undefined;
}

function needsOutages(harness: SelectorHarness): string | undefined {
  return harness.outageMs === undefined ? "failures change nothing" : undefined;
}
