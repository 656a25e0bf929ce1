import { registryConformance } from "@micro/conformance";
import { memoryStore, type Registry, sleep, systemClock } from "@micro/core";
import type { FleetNode } from "../src/node.ts";
import { simulatedRegistry } from "../src/registry.ts";
import { realTimeNetwork } from "./real-time.ts";

const { network, node } = realTimeNetwork();
const store = memoryStore();
const backend = node();
const nodes = new Map<Registry, FleetNode>();

registryConformance("the simulated registry", {
  open() {
    const own = node();
    const registry = simulatedRegistry(network, store, own, backend);
    nodes.set(registry, own);
    return registry;
  },
  elapse: (ms) => sleep(systemClock, ms),
  minTtlMs: 200,
  crash: async (registry) => nodes.get(registry)?.crash(),
  async cutOff() {
    const mend = network.cut((from, to) => from === backend || to === backend);
    return async () => mend();
  },
});
