import { describe, expect, it } from "vitest";
import { byEndpoint, byLabel, byVersion } from "./filters.ts";
import { random } from "./random.ts";
import { roundRobin } from "./round-robin.ts";
import type { Candidate } from "./selector.ts";

function candidate(id: string): Candidate {
  const node = { id, address: `${id}:1`, metadata: { zone: id } };
  const endpoint = { name: `A.${id}`, request: undefined, response: undefined, metadata: {} };
  return { node, record: { name: "a", version: id, metadata: {}, endpoints: [endpoint], nodes: [node] } };
}

const candidates = ["x", "y", "z"].map(candidate);

describe("roundRobin", () => {
  it("goes on from call to call, in order", () => {
    const choose = roundRobin();
    const turns = Array.from({ length: 7 }, () => candidates.indexOf(choose(candidates)));
    const start = turns[0] ?? -1;
    expect(turns).toEqual([0, 1, 2, 3, 4, 5, 6].map((turn) => (start + turn) % 3));
  });

  it("goes on when the number of nodes changes", () => {
    const choose = roundRobin();
    for (const count of [3, 1, 2, 3, 1, 3])
      expect(candidates.slice(0, count)).toContain(choose(candidates.slice(0, count)));
  });

  it("does not begin with the same node for every service", () => {
    expect(new Set(Array.from({ length: 200 }, () => roundRobin()(candidates))).size).toBe(3);
  });
});

describe("random", () => {
  it("gives every node now and then", () => {
    const choose = random();
    expect(new Set(Array.from({ length: 200 }, () => choose(candidates))).size).toBe(3);
  });
});

describe("filters", () => {
  it.each([
    ["byVersion", byVersion("y")],
    ["byLabel", byLabel("zone", "y")],
    ["byEndpoint", byEndpoint("A.y")],
  ])("%s keeps the nodes that match", (_name, filter) => {
    expect(candidates.filter(filter)).toEqual([candidates[1]]);
  });

  it("byLabel takes what an object inherits for no label", () => {
    expect(candidates.filter(byLabel("constructor", String(Object)))).toEqual([]);
  });
});
