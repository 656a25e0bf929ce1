import { codecConformance } from "../src/index.ts";
import { codecHarnesses } from "./codec-harnesses.ts";

for (const [name, harness] of Object.entries(codecHarnesses)) codecConformance(name, harness);
