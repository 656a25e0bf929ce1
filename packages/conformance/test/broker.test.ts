import { httpBroker, memoryBroker, memoryHub, memoryRegistry, memoryStore } from "@micro/core";
import { brokerConformance } from "../src/index.ts";

const hub = memoryHub();
const limit = 1_000_000;

brokerConformance("memoryBroker", {
  open: () => memoryBroker({ hub, maxMessageBytes: limit }),
  holdsAtMost: 65,
  maxMessageBytes: limit,
});

const store = memoryStore();
const quick = { noticeMs: 0, unknownMs: 0 };

for (const dialect of ["v2", "both"] as const) {
  brokerConformance(`httpBroker in dialect ${dialect}`, {
    // Each with a registry of its own, so that only what is registered connects them.
    open: () => httpBroker({ registry: memoryRegistry({ store }), dialect, ...quick, maxMessageBytes: limit }),
    holdsAtMost: 66,
    maxMessageBytes: limit,
    // What is registered is pushed to those who watch, by promises alone.
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  });
}
