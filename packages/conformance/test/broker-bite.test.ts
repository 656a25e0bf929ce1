import { memoryBroker, memoryHub } from "@micro/core";
import { brokerCases } from "../src/index.ts";
import { bites } from "./bite.ts";
import { brokerFaults, faultyBroker } from "./broker-faults.ts";

bites("the broker suite", brokerCases, brokerFaults, (fault) => {
  const hub = memoryHub();
  return {
    open: () => faultyBroker(memoryBroker({ hub, maxMessageBytes: 10_000, drainTimeoutMs: 500 }), fault),
    holdsAtMost: 65,
    maxMessageBytes: 10_000,
    patienceMs: 400,
  };
});
