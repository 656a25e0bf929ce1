import { type LocalNodes, localNodes } from "../local/local-nodes.ts";
import type { Candidate, Strategy } from "../selector/selector.ts";

/** Whether calls of nodes in the same process skip the wire, and whether such nodes go before others. */
export type LocalCalls = "chosen" | "preferred" | "never";

// One for the process, since it is about what runs in the process: nodes find each other by their ids, which are unique.
const nodes: LocalNodes = localNodes();

/** The nodes that a service shares with others of its process; undefined when it shares nothing. */
export function sharedNodes(calls: LocalCalls): LocalNodes | undefined {
  return calls === "never" ? undefined : nodes;
}

/** Gives a node of this process when there is one among the candidates, else what `strategy` gives. */
export function localFirst(strategy: Strategy, { find }: LocalNodes): Strategy {
  return (load) => {
    const choose = strategy(load);
    return (candidates) => candidates.find(({ node }: Candidate) => find(node.id) !== undefined) ?? choose(candidates);
  };
}
