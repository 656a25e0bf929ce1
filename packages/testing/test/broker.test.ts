import { brokerConformance } from "@micro/conformance";
import { memoryBroker, memoryHub } from "@micro/core";
import { simulatedHub } from "../src/broker.ts";
import { realTimeNetwork } from "./real-time.ts";

const { network, node } = realTimeNetwork();
const hub = memoryHub();
const backend = node();
const maxMessageBytes = 1_000_000;

brokerConformance("the simulated broker", {
  open: () => memoryBroker({ hub: simulatedHub(network, hub, node(), backend), maxMessageBytes }),
  holdsAtMost: 65,
  maxMessageBytes,
});
