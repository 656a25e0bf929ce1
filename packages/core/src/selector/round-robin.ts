import type { Strategy } from "./selector.ts";

/**
 * Gives the nodes in turn, going on from call to call. The first turn is random, so that clients which start together
 * do not all begin with the same node.
 */
export const roundRobin: Strategy = () => {
  let turn = Math.floor(Math.random() * 0x1_0000);
  return (candidates) => {
    turn = (turn + 1) % candidates.length;
    const candidate = candidates[turn];
    if (!candidate) throw new RangeError("round robin was asked to choose from no candidates");
    return candidate;
  };
};
