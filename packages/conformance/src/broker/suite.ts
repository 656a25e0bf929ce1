import { type Case, describeCases } from "../suite.ts";
import { deliveryCases } from "./delivery-cases.ts";
import { endingCases } from "./ending-cases.ts";
import { handlerCases } from "./handler-cases.ts";
import type { BrokerHarness } from "./harness.ts";

/** Every promise of `Broker`. */
export const brokerCases: readonly Case<BrokerHarness>[] = [...deliveryCases, ...handlerCases, ...endingCases];

/** Holds one broker to every promise of the interface. Called in a test file of its package. */
export function brokerConformance(name: string, harness: BrokerHarness): void {
  describeCases(`${name} is a Broker`, brokerCases, harness);
}
