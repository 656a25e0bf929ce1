import { describe, expect, it } from "vitest";
import type { Case } from "../src/index.ts";

/** A way to get an interface wrong. */
export interface Fault {
  /** What the faulty implementation does, to be read after "one that". */
  readonly does: string;
  /** The cases that must fail. */
  readonly failing: readonly string[];
}

/** Tests that each fault fails the cases it names, and that every case is failed by some fault. */
export function bites<Harness, F extends Fault>(
  title: string,
  cases: readonly Case<Harness>[],
  faults: readonly F[],
  harnessOf: (fault: F) => Harness,
): void {
  describe(title, () => {
    for (const fault of faults)
      for (const name of fault.failing)
        it(`fails one that ${fault.does}: ${name}`, async () => {
          const found = cases.find((one) => one.name === name);
          if (!found) throw new TypeError(`no case is named ${name}`);
          const harness = harnessOf(fault);
          expect(found.skip?.(harness)).toBeUndefined();
          await expect(found.run(harness)).rejects.toThrow();
        });

    it("has no case that every faulty one passes", () => {
      const failing = new Set(faults.flatMap((fault) => fault.failing));
      expect(cases.map(({ name }) => name).filter((name) => !failing.has(name))).toEqual([]);
    });
  });
}
