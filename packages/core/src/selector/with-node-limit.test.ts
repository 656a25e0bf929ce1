import { describe, expect, it } from "vitest";
import { nodeLoad } from "./load.ts";
import { powerOfTwoChoices } from "./power-of-two-choices.ts";
import type { Candidate } from "./selector.ts";
import { withNodeLimit } from "./with-node-limit.ts";

function candidate(id: string): Candidate {
  const node = { id, address: `${id}:1`, metadata: {} };
  return { node, record: { name: "s", version: "1", metadata: {}, endpoints: [], nodes: [node] } };
}

const nodes = ["x", "y", "z"].map(candidate);

describe("withNodeLimit", () => {
  it.each([
    ["round robin", withNodeLimit(5)],
    ["the power of two choices", withNodeLimit(5, powerOfTwoChoices)],
  ])("fills each node up to the limit and then throws 503, by %s", (_name, strategy) => {
    const load = nodeLoad();
    const choose = strategy(load);
    for (let i = 0; i < 15; i++) load.began(choose(nodes));
    expect(nodes.map((node) => load.of(node))).toEqual([5, 5, 5]);
    expect(() => choose(nodes)).toThrow(
      expect.objectContaining({
        code: 503,
        unprocessed: true,
        detail: "service s has no node to call: the 3 nodes that are left have 5 calls in flight, the most allowed",
      }),
    );
  });

  it("gives a node again once a call there has ended", () => {
    const load = nodeLoad();
    const choose = withNodeLimit(1)(load);
    for (const node of nodes) load.began(node);
    const [, y] = nodes as [Candidate, Candidate, Candidate];
    load.ended(y);
    expect(choose(nodes)).toBe(y);
  });

  it("limits nothing where nobody counts", () => {
    const choose = withNodeLimit(1)();
    for (let i = 0; i < 10; i++) expect(nodes).toContain(choose(nodes));
  });

  it.each([0, -1, Number.NaN])("refuses a limit of %d", (limit) => {
    expect(() => withNodeLimit(limit)).toThrow("at least 1");
  });
});
