import { type Fleet, type FleetOptions, testFleet } from "./fleet.ts";

export interface ExploreOptions extends Omit<FleetOptions, "seed"> {
  /** Which seeds to run: how many, counted from 1, or the very ones. The one of a failure is enough to see it again. @default 100 */
  seeds?: number | Iterable<number>;
  /** How many entries of the trace go into the error. @default 60 */
  traceLines?: number;
}

/** A scenario that failed: which seed to run again, why, and what happened before. */
export class SeedFailure extends Error {
  override readonly name = "SeedFailure";
  readonly seed: number;

  constructor(seed: number, reason: unknown, trace: string) {
    const why = reason instanceof Error ? reason.message : String(reason);
    super(`seed ${seed} fails: ${why}\nRun it alone with { seeds: [${seed}] }. What happened last:\n${trace}`, {
      cause: reason,
    });
    this.seed = seed;
  }
}

/**
 * Runs a scenario with one seed after another, each on a new fleet, within its `run`. Rejects with a `SeedFailure` at the first seed
 * for which it fails.
 */
export async function explore(options: ExploreOptions, scenario: (fleet: Fleet) => Promise<void>): Promise<void> {
  const { seeds = 100, traceLines = 60, ...fleetOptions } = options;
  const all = typeof seeds === "number" ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds;
  for (const seed of all) {
    const fleet = testFleet({ ...fleetOptions, seed });
    const failure = await attempt(fleet, () => fleet.run(() => scenario(fleet)), traceLines);
    const endFailure = await attempt(fleet, () => fleet.close(), traceLines);
    // Where both fail the end does so because of the scenario.
    const first = failure ?? endFailure;
    if (first) throw first;
  }
}

async function attempt(fleet: Fleet, work: () => Promise<void>, traceLines: number): Promise<SeedFailure | undefined> {
  try {
    await work();
    return undefined;
  } catch (reason) {
    return new SeedFailure(fleet.seed, reason, fleet.traceText(traceLines));
  }
}
