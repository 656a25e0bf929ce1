import { describe, it } from "vitest";

/** One promise of an interface, as a statement, and what proves it on the implementation behind a harness. */
export interface Case<Harness> {
  /** A statement in the present tense. */
  readonly name: string;
  /** Why the implementation cannot be held to this promise; undefined when it can. Said in place of the test. */
  readonly skip?: (harness: Harness) => string | undefined;
  /** Rejects when the promise is broken. */
  readonly run: (harness: Harness) => Promise<void>;
}

/** Runs the cases as tests under one title; those a harness cannot be held to are skipped and say why. */
export function describeCases<Harness>(title: string, cases: readonly Case<Harness>[], harness: Harness): void {
  describe(title, () => {
    for (const { name, skip, run } of cases) {
      const reason = skip?.(harness);
      if (reason === undefined) it(name, { timeout: testTimeoutMs }, () => run(harness));
      // A good skip: what an implementation cannot promise by its nature, as its harness says in data (bodies without a limit
      // have no largest), with the reason in the test's name. A backend that is missing fails under CI=true before it gets here.
      else it.skip(`${name} (${reason})`);
    }
  });
}

// Cases wait for events with a patience of their own and say what they waited for; this only ends what hangs.
const testTimeoutMs = 120_000;
