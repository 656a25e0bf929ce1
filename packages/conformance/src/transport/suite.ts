import { describeCases } from "../suite.ts";
import { transportCases } from "./cases.ts";
import type { TransportHarness } from "./harness.ts";

/** Runs the transport suite on one implementation. */
export function transportConformance(name: string, harness: TransportHarness): void {
  describeCases(`${name} as a transport`, transportCases, harness);
}
