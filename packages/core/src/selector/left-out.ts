import type { Ejections } from "./ejections.ts";
import type { Health } from "./health.ts";

/** Nodes that are out of reach and nodes that were ejected, as one. */
export function leftOut(health: Health, ejected: Ejections): Health {
  return {
    get size() {
      return health.size + ejected.size;
    },
    get stamp() {
      return health.stamp + ejected.stamp;
    },
    isOut: (nodeId) => health.isOut(nodeId) || ejected.isOut(nodeId),
    *ids() {
      yield* health.ids();
      for (const nodeId of ejected.ids()) if (!health.isOut(nodeId)) yield nodeId;
    },
    failed: health.failed,
    reached: health.reached,
    // One that is out of reach is tried as such first.
    trial: (allows) => health.trial(allows) ?? ejected.trial((nodeId) => !health.isOut(nodeId) && allows(nodeId)),
    // One that answers now and then is better than one that cannot be reached.
    longestAgo: (allows) =>
      ejected.longestAgo((nodeId) => !health.isOut(nodeId) && allows(nodeId)) ?? health.longestAgo(allows),
    keepOnly(addressOf) {
      health.keepOnly(addressOf);
      ejected.keepOnly(addressOf);
    },
  };
}
