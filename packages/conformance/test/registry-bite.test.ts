import { memoryRegistry, memoryStore, testClock } from "@micro/core";
import { registryCases, registryConformance } from "../src/index.ts";
import { bites } from "./bite.ts";
import { line } from "./cut-registry.ts";
import { faultyRegistry, registryFaults } from "./registry-faults.ts";

bites("the registry suite", registryCases, registryFaults, (fault) => {
  const clock = testClock();
  const store = memoryStore({ clock });
  const { lay, cutOff } = line();
  return {
    open: () => faultyRegistry(lay(memoryRegistry({ store })), fault),
    elapse: (ms) => clock.advance(ms),
    minTtlMs: 1_000,
    crash: (registry) => registry.close(),
    cutOff,
    patienceMs: 100,
  };
});

// What the faulty ones are built on is sound.
const soundClock = testClock();
const soundStore = memoryStore({ clock: soundClock });
const soundLine = line();
registryConformance("a registry at the end of a line", {
  open: () => soundLine.lay(memoryRegistry({ store: soundStore })),
  elapse: (ms) => soundClock.advance(ms),
  minTtlMs: 1_000,
  crash: (registry) => registry.close(),
  cutOff: soundLine.cutOff,
});
