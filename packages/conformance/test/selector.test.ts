import { random, roundRobin, testClock } from "@micro/core";
import { selectorConformance } from "../src/index.ts";
import { selectorBench } from "./selector-bench.ts";

for (const [name, strategy] of Object.entries({ roundRobin, random })) {
  const clock = testClock();
  selectorConformance(`registrySelector with ${name}`, {
    open: () => selectorBench(clock, strategy),
    elapse: (ms) => clock.advance(ms),
    outageMs: 1_000,
    unknownMs: 1_000,
  });
}
