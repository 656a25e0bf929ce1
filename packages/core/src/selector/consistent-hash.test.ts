import { describe, expect, it } from "vitest";
import { consistentHash } from "./consistent-hash.ts";
import { nodeLoad } from "./load.ts";
import type { Candidate } from "./selector.ts";

function candidate(id: string): Candidate {
  const node = { id, address: `${id}:1`, metadata: {} };
  return { node, record: { name: "a", version: "1", metadata: {}, endpoints: [], nodes: [node] } };
}

const nodes = Array.from({ length: 10 }, (_, n) => candidate(`go.micro.srv.user-${n}`));
const keys = Array.from({ length: 10_000 }, (_, n) => `user-${n}`);

function nodeOf(key: string, candidates: readonly Candidate[]): string {
  return consistentHash(key)()(candidates).node.id;
}

describe("consistentHash", () => {
  it("gives a key the same node, in whatever order the nodes are known", () => {
    const reversed = nodes.toReversed();
    for (const key of keys.slice(0, 100)) expect(nodeOf(key, reversed)).toBe(nodeOf(key, nodes));
  });

  it("gives the same node in every process and release", () => {
    expect(["", "a", "user-1", "grüße"].map((key) => nodeOf(key, nodes).at(-1))).toEqual(["0", "3", "2", "9"]);
  });

  it("spreads keys evenly", () => {
    const counts = new Map<string, number>();
    for (const key of keys) counts.set(nodeOf(key, nodes), (counts.get(nodeOf(key, nodes)) ?? 0) + 1);
    for (const { node } of nodes) {
      expect(counts.get(node.id)).toBeGreaterThan(900);
      expect(counts.get(node.id)).toBeLessThan(1_100);
    }
  });

  it("moves only the keys of a node that goes, to all the others", () => {
    const [gone, ...left] = nodes as [Candidate, ...Candidate[]];
    const heirs = new Set<string>();
    for (const key of keys) {
      const before = nodeOf(key, nodes);
      const after = nodeOf(key, left);
      if (before === gone.node.id) heirs.add(after);
      else expect(after).toBe(before);
    }
    expect(heirs.size).toBe(9);
  });

  it("moves a fair share of the keys, and only to the new node, when one comes", () => {
    const more = [...nodes, candidate("go.micro.srv.user-10")];
    const moved = keys.filter((key) => nodeOf(key, more) !== nodeOf(key, nodes));
    expect(moved.length).toBeGreaterThan(keys.length / 11 / 1.2);
    expect(moved.length).toBeLessThan((keys.length / 11) * 1.2);
    for (const key of moved) expect(nodeOf(key, more)).toBe("go.micro.srv.user-10");
  });

  it("with bounded load passes a hot key on to its next node, and only beyond the bound", () => {
    const load = nodeLoad();
    const choose = consistentHash("hot", { maxLoadFactor: 1.25 })(load);
    for (let i = 0; i < 1_000; i++) load.began(choose(nodes));
    const loads = nodes.map((node) => load.of(node)).sort((a, b) => b - a);
    expect(loads[0]).toBe(125);
    expect(loads.filter((count) => count > 0)).toHaveLength(8);
    const idle = nodeLoad();
    const alone = consistentHash("hot", { maxLoadFactor: 1.25 })(idle)(nodes);
    expect(alone.node.id).toBe(nodeOf("hot", nodes));
  });
});
