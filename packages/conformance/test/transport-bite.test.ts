import { transportCases } from "../src/transport/cases.ts";
import { bites } from "./bite.ts";
import { faultyTransport, transportFaults } from "./transport-faults.ts";

bites("the transport suite", transportCases, transportFaults, (fault) => ({
  transport: faultyTransport(fault),
  patienceMs: 300,
}));
