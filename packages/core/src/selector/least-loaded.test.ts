import { describe, expect, it } from "vitest";
import { leastLoaded } from "./least-loaded.ts";
import { nodeLoad } from "./load.ts";
import { powerOfTwoChoices } from "./power-of-two-choices.ts";
import type { Candidate, Strategy } from "./selector.ts";

function candidate(id: string): Candidate {
  const node = { id, address: `${id}:1`, metadata: {} };
  return { node, record: { name: "a", version: "1", metadata: {}, endpoints: [], nodes: [node] } };
}

const [x, y, z] = ["x", "y", "z"].map(candidate) as [Candidate, Candidate, Candidate];

/** How many of `count` calls, none of which ends, go to each node. */
function shares(strategy: Strategy, candidates: readonly Candidate[], count: number, load = nodeLoad()) {
  const choose = strategy(load);
  for (let i = 0; i < count; i++) load.began(choose(candidates));
  return candidates.map((each) => load.of(each));
}

describe("nodeLoad", () => {
  it("counts calls from their beginning to their end", () => {
    const load = nodeLoad();
    load.began(x);
    load.began(x);
    load.began(y);
    load.ended(x);
    expect([x, y, z].map((each) => load.of(each))).toEqual([1, 1, 0]);
  });

  it("counts by address, whatever becomes of the record", () => {
    const load = nodeLoad();
    load.began(x);
    load.ended(candidate("x"));
    expect(load.of(x)).toBe(0);
  });

  it("keeps what is under way however many other addresses were called meanwhile", () => {
    const load = nodeLoad();
    load.began(x);
    for (let n = 0; n < 10_000; n++) {
      load.began(candidate(`n${n}`));
      load.ended(candidate(`n${n}`));
    }
    load.began(x);
    expect(load.of(x)).toBe(2);
  });

  it("takes no notice of an end without a beginning", () => {
    const load = nodeLoad();
    load.ended(x);
    load.began(x);
    load.ended(x);
    load.ended(x);
    load.began(x);
    expect(load.of(x)).toBe(1);
  });
});

describe("leastLoaded", () => {
  it("gives the node with the fewest calls under way", () => {
    const load = nodeLoad();
    for (const each of [x, x, y, z, z]) load.began(each);
    const choose = leastLoaded(load);
    for (let i = 0; i < 10; i++) expect(choose([x, y, z])).toBe(y);
  });

  it("keeps nodes whose calls do not end equally loaded", () => {
    expect(shares(leastLoaded, [x, y, z], 300)).toEqual([100, 100, 100]);
  });

  it("goes round the nodes when all are idle", () => {
    const choose = leastLoaded(nodeLoad());
    const counts = new Map<Candidate, number>();
    for (let i = 0; i < 30; i++) {
      const chosen = choose([x, y, z]);
      counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    }
    expect(counts).toEqual(new Map([x, y, z].map((each) => [each, 10])));
  });

  it("goes round the nodes where nobody counts", () => {
    const choose = leastLoaded();
    expect(new Set([0, 1, 2].map(() => choose([x, y, z])))).toEqual(new Set([x, y, z]));
  });
});

describe("powerOfTwoChoices", () => {
  it("gives the less loaded of two nodes", () => {
    const load = nodeLoad();
    load.began(x);
    const choose = powerOfTwoChoices(load);
    for (let i = 0; i < 20; i++) expect(choose([x, y])).toBe(y);
  });

  it("never gives the most loaded of several nodes", () => {
    const load = nodeLoad();
    for (const each of [x, x, x, y]) load.began(each);
    const choose = powerOfTwoChoices(load);
    const given = new Set(Array.from({ length: 200 }, () => choose([x, y, z])));
    expect(given).toEqual(new Set([y, z]));
  });

  it("gives the only node", () => {
    expect(powerOfTwoChoices(nodeLoad())([x])).toBe(x);
  });

  it("keeps many nodes much closer together than chance does", () => {
    const nodes = Array.from({ length: 100 }, (_, n) => candidate(`n${n}`));
    const loads = shares(powerOfTwoChoices, nodes, 10_000);
    // By chance alone the fullest of them would have about 125; with two choices it stays within a few calls of the mean.
    expect(Math.max(...loads)).toBeLessThan(108);
    expect(Math.min(...loads)).toBeGreaterThan(85);
  });
});
