import type { Candidate, Load } from "./selector.ts";

/** A load that is told of attempts. */
export interface NodeLoad extends Load {
  began(candidate: Candidate): void;
  ended(candidate: Candidate): void;
}

/** Counts by address: two services that one process serves share what it can do. */
export function nodeLoad(): NodeLoad {
  const counts = new Map<string, { calls: number }>();
  let most = fewest;

  function add(address: string): { calls: number } {
    // A count stays when it falls to zero, since taking it out for each call would cost more than the counting.
    if (counts.size >= most) {
      for (const [idle, { calls }] of counts) if (calls === 0) counts.delete(idle);
      most = Math.max(fewest, 2 * counts.size);
    }
    const count = { calls: 0 };
    counts.set(address, count);
    return count;
  }

  return {
    of: ({ node }) => counts.get(node.address)?.calls ?? 0,
    began({ node }) {
      const count = counts.get(node.address) ?? add(node.address);
      count.calls++;
    },
    ended({ node }) {
      const count = counts.get(node.address);
      if (count && count.calls > 0) count.calls--;
    },
  };
}

/** How many addresses are remembered before idle ones are forgotten. */
const fewest = 1_000;

/** What strategies go by where nobody counts: every node is idle. */
export const noLoad: Load = { of: () => 0 };
