import { describe, expect, it } from "vitest";
import type { Candidate } from "./selector.ts";
import { weighted } from "./weighted.ts";

function candidate(id: string, weight?: string): Candidate {
  const node = { id, address: `${id}:1`, metadata: weight === undefined ? {} : { weight } };
  return { node, record: { name: "s", version: "1", metadata: {}, endpoints: [], nodes: [node] } };
}

function turns(candidates: readonly Candidate[], count: number, choose = weighted()): string {
  return Array.from({ length: count }, () => choose(candidates).node.id).join("");
}

describe("weighted", () => {
  it("gives nodes their share, well mixed", () => {
    const nodes = [candidate("a", "5"), candidate("b", "1"), candidate("c", "1")];
    expect(turns(nodes, 14)).toBe("aabacaaaabacaa");
  });

  it("goes round nodes of equal weight", () => {
    expect(turns([candidate("a", "7"), candidate("b", "7")], 6)).toBe("ababab");
  });

  it("takes fractions", () => {
    expect(turns([candidate("a", "0.5"), candidate("b", "1.5")], 8).replaceAll("b", "")).toBe("aa");
  });

  it.each([undefined, "", " ", "much", "-1", "NaN", "Infinity", "1e7"])("takes weight %j for 1", (weight) => {
    const taken = turns([candidate("a", weight), candidate("b", "3")], 8);
    expect(taken.replaceAll("b", "")).toBe("aa");
  });

  it("gives nodes of weight 0 no calls", () => {
    expect(turns([candidate("a", "0"), candidate("b")], 5)).toBe("bbbbb");
  });

  it("throws 503 when only nodes of weight 0 are left", () => {
    expect(() => weighted()([candidate("a", "0")])).toThrow(
      expect.objectContaining({
        code: 503,
        unprocessed: true,
        detail: "service s has no node to call: those that are left have weight 0",
      }),
    );
  });

  it("goes by the new weight of a node that registers with another", () => {
    const choose = weighted();
    const b = candidate("b", "1");
    turns([candidate("a", "1"), b], 10, choose);
    expect(turns([candidate("a", "3"), b], 40, choose).replaceAll("b", "")).toHaveLength(30);
  });

  it("keeps the shares of the nodes that are left", () => {
    const choose = weighted();
    const [a, b, c] = [candidate("a", "4"), candidate("b", "2"), candidate("c", "2")] as const;
    turns([a, b, c], 8, choose);
    const taken = turns([a, b], 60, choose);
    expect(taken.replaceAll("b", "")).toHaveLength(40);
  });
});
