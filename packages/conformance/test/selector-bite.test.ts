import { roundRobin, testClock } from "@micro/core";
import { selectorCases } from "../src/index.ts";
import { bites } from "./bite.ts";
import { selectorBench } from "./selector-bench.ts";
import { faultySelector, selectorFaults } from "./selector-faults.ts";

bites("the selector suite", selectorCases, selectorFaults, (fault) => {
  const clock = testClock();
  return {
    open() {
      const bench = selectorBench(clock, roundRobin);
      return { ...bench, selector: faultySelector(bench.selector, clock, fault) };
    },
    elapse: (ms) => clock.advance(ms),
    outageMs: 1_000,
    unknownMs: 1_000,
    patienceMs: 100,
  };
});
