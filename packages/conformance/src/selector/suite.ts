import { describeCases } from "../suite.ts";
import { selectorCases } from "./cases.ts";
import type { SelectorHarness } from "./harness.ts";

/** Holds one selector to every promise of the interface. Called in a test file of its package. */
export function selectorConformance(name: string, harness: SelectorHarness): void {
  describeCases(`${name} is a Selector`, selectorCases, harness);
}
