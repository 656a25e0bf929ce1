import { noLoad } from "./load.ts";
import type { Strategy } from "./selector.ts";

/**
 * Draws two nodes and gives the one with fewer calls under way. Costs the same however many nodes there are, avoids
 * slow ones nearly as well as `leastLoaded`, and does not send all clients to the same idle node at once.
 * Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001.
 */
export const powerOfTwoChoices: Strategy = (load = noLoad) => {
  return (candidates) => {
    const count = candidates.length;
    const place = Math.floor(Math.random() * count);
    const one = candidates[place];
    if (!one) throw new RangeError("the power of two choices was asked to choose from no candidates");
    if (count === 1) return one;
    // Any other place than the first, each as likely.
    const other = candidates[(place + 1 + Math.floor(Math.random() * (count - 1))) % count] ?? one;
    return load.of(other) < load.of(one) ? other : one;
  };
};
