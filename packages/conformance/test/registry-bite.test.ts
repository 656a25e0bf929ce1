import { memoryRegistry, memoryStore, testClock } from "@micro/core";
import { registryCases } from "../src/index.ts";
import { bites } from "./bite.ts";
import { faultyRegistry, registryFaults } from "./registry-faults.ts";

bites("the registry suite", registryCases, registryFaults, (fault) => {
  const clock = testClock();
  const store = memoryStore({ clock });
  return {
    open: () => faultyRegistry(memoryRegistry({ store }), fault),
    elapse: (ms) => clock.advance(ms),
    minTtlMs: 1_000,
    crash: (registry) => registry.close(),
    patienceMs: 100,
  };
});
