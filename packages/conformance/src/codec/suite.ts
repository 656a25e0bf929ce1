import { describeCases } from "../suite.ts";
import { codecCases } from "./cases.ts";
import type { CodecHarness } from "./harness.ts";

/** Holds one codec to every promise of the interface. Called in a test file of its package. */
export function codecConformance(name: string, harness: CodecHarness): void {
  describeCases(`${name} is a Codec`, codecCases, harness);
}
