import { memoryRegistry, memoryStore, testClock } from "@micro/core";
import { registryConformance } from "../src/index.ts";

const clock = testClock();
const store = memoryStore({ clock });

registryConformance("memoryRegistry", {
  open: () => memoryRegistry({ store }),
  elapse: (ms) => clock.advance(ms),
  minTtlMs: 1_000,
  crash: (registry) => registry.close(),
});
