import { MicroError, type Service } from "@micro/core";
import type { GoTally } from "./go-peer.ts";
import { Peer } from "./src/gen/peer.ts";

/** A load made by our client, with the same tally as the Go peer's. */
export interface OurLoad {
  made(): number;
  stop(): Promise<Omit<GoTally, "attempts">>;
}

/** Calls `Peer.Look`, which takes `holdMs`, so often a second until it is stopped. */
export function startOurLoad(
  caller: Service,
  {
    service,
    perSecond,
    holdMs,
    idempotent = false,
  }: { service: string; perSecond: number; holdMs: number; idempotent?: boolean },
): OurLoad {
  const look = caller.client(Peer, service).look;
  const tally = { made: 0, failed: 0, nodes: {} as Record<string, number>, errors: {} as Record<string, number> };
  const count = (table: Record<string, number>, key: string): void => {
    table[key] = (table[key] ?? 0) + 1;
  };
  const pending = new Set<Promise<void>>();
  const began = performance.now();

  async function call(): Promise<void> {
    try {
      count(tally.nodes, (await look({ ms: BigInt(holdMs) }, { idempotent })).node);
    } catch (reason) {
      tally.failed++;
      count(tally.errors, reason instanceof MicroError ? reason.message : String(reason));
    }
  }

  function tick(): void {
    // By the clock and not by ticks, so that a late timer is made up for.
    const due = Math.floor(((performance.now() - began) * perSecond) / 1000);
    while (tally.made < due) {
      tally.made++;
      const one = call().finally(() => pending.delete(one));
      pending.add(one);
    }
  }

  const timer = setInterval(tick, 5);
  return {
    made: () => tally.made,
    async stop() {
      clearInterval(timer);
      await Promise.all(pending);
      return tally;
    },
  };
}

/** Waits until the load has made so many further calls: time told by the work done in it. */
export async function madeMore(load: OurLoad, more: number): Promise<void> {
  const target = load.made() + more;
  while (load.made() < target) await new Promise((resolve) => setTimeout(resolve, 20));
}
