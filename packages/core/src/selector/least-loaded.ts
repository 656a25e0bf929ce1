import { noLoad } from "./load.ts";
import type { Candidate, Strategy } from "./selector.ts";

/**
 * Gives the node with the fewest calls under way, the nodes in turn where several have equally few. A node that is slow
 * or answers nothing any more keeps its calls and so gets few new ones.
 *
 * Looks at nodes until it finds an idle one, at all of them under load: for some hundred nodes. Beyond that, and
 * where many clients choose by what each of them knows, `powerOfTwoChoices` does nearly as well.
 */
export const leastLoaded: Strategy = (load = noLoad) => {
  let turn = Math.floor(Math.random() * 0x1_0000);
  return (candidates) => {
    turn = (turn + 1) % candidates.length;
    let chosen: Candidate | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (let i = 0, place = turn; i < candidates.length && fewest > 0; i++) {
      const candidate = candidates[place] as Candidate;
      const count = load.of(candidate);
      if (count < fewest) {
        chosen = candidate;
        fewest = count;
      }
      place = place + 1 === candidates.length ? 0 : place + 1;
    }
    if (!chosen) throw new RangeError("least loaded was asked to choose from no candidates");
    return chosen;
  };
};
