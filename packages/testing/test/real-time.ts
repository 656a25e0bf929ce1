import { systemClock } from "@micro/core";
import { createNetwork, type Network } from "../src/network.ts";
import { createNode, type FleetNode } from "../src/node.ts";
import { seededRandom } from "../src/random.ts";
import { createTrace } from "../src/trace.ts";

/** A network on the system's clock, for suites that measure with it. */
export function realTimeNetwork(): { network: Network; node(): FleetNode } {
  const network = createNetwork(systemClock, seededRandom(1), createTrace(systemClock.now, 100));
  let count = 0;
  return {
    network,
    node() {
      count++;
      return createNode(`node-${count}`, `127.0.0.1:${count}`, systemClock);
    },
  };
}
