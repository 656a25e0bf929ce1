import { type Case, describeCases } from "../suite.ts";
import { bodyCases } from "./body-cases.ts";
import { connectionCases } from "./connection-cases.ts";
import { failureCases } from "./failure-cases.ts";
import type { ProtocolHarness } from "./harness.ts";
import { headerCases } from "./header-cases.ts";
import { replyCases } from "./reply-cases.ts";
import { streamCases } from "./stream-cases.ts";
import { streamEndCases } from "./stream-end-cases.ts";

/** What every protocol promises. */
export const protocolCases: readonly Case<ProtocolHarness>[] = [
  ...bodyCases,
  ...headerCases,
  ...replyCases,
  ...failureCases,
  ...connectionCases,
  ...streamCases,
  ...streamEndCases,
];

/** Runs the protocol suite on one implementation. */
export function protocolConformance(name: string, harness: ProtocolHarness): void {
  describeCases(`${name} as a protocol`, protocolCases, harness);
}
