import type { Strategy } from "./selector.ts";

/** Gives any of the nodes, each as likely as the others. */
export const random: Strategy = () => (candidates) => {
  const candidate = candidates[Math.floor(Math.random() * candidates.length)];
  if (!candidate) throw new RangeError("random was asked to choose from no candidates");
  return candidate;
};
