import { unavailable } from "../words/errors.ts";
import type { Candidate, Strategy } from "./selector.ts";

/**
 * Gives each node a share of the calls as large as the `weight` in its metadata, well mixed: weights 5, 1 and 1 give
 * a a b a c a a. A weight is a number from 0 to 1,000,000; one that is absent or no such number counts as 1, and a node
 * of weight 0 gets no calls. When only such nodes are left it throws 503.
 *
 * Looks at every node for each attempt: for some hundred nodes.
 * Source: nginx's smooth weighted round robin, nginx commit 52327e0627f4.
 */
export const weighted: Strategy = () => {
  // By the candidate itself, so that a node that registers with another weight begins anew and one that goes is forgotten.
  const shares = new WeakMap<Candidate, Share>();

  function shareOf(candidate: Candidate): Share {
    let share = shares.get(candidate);
    if (!share) {
      share = { weight: weightOf(candidate), credit: 0 };
      shares.set(candidate, share);
    }
    return share;
  }

  return (candidates) => {
    let chosen: Candidate | undefined;
    let best: Share | undefined;
    let total = 0;
    for (const candidate of candidates) {
      const share = shareOf(candidate);
      if (share.weight === 0) continue;
      total += share.weight;
      share.credit += share.weight;
      if (best && share.credit <= best.credit) continue;
      best = share;
      chosen = candidate;
    }
    if (!chosen || !best) throw noWeight(candidates);
    best.credit -= total;
    return chosen;
  };
};

interface Share {
  readonly weight: number;
  /** What the node is owed, in calls times the sum of all weights. */
  credit: number;
}

function weightOf({ node }: Candidate): number {
  const text = Object.hasOwn(node.metadata, "weight") ? (node.metadata.weight ?? "") : "";
  const weight = text.trim() === "" ? Number.NaN : Number(text);
  return weight >= 0 && weight <= largestWeight ? weight : 1;
}

const largestWeight = 1_000_000;

function noWeight([candidate]: readonly Candidate[]): Error {
  if (!candidate) return new RangeError("weighted was asked to choose from no candidates");
  const detail = `service ${candidate.record.name} has no node to call: those that are left have weight 0`;
  return unavailable("go.micro.client", detail, { unprocessed: true });
}
