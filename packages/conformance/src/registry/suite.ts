import { type Case, describeCases } from "../suite.ts";
import { closeCases } from "./close-cases.ts";
import { contactCases } from "./contact-cases.ts";
import type { RegistryHarness } from "./harness.ts";
import { recordCases } from "./record-cases.ts";
import { ttlCases } from "./ttl-cases.ts";
import { watchCases } from "./watch-cases.ts";

/** Every promise of `Registry`. */
export const registryCases: readonly Case<RegistryHarness>[] = [
  ...recordCases,
  ...watchCases,
  ...contactCases,
  ...ttlCases,
  ...closeCases,
];

/** Holds one registry to every promise of the interface. Called in a test file of its package. */
export function registryConformance(name: string, harness: RegistryHarness): void {
  describeCases(`${name} is a Registry`, registryCases, harness);
}
