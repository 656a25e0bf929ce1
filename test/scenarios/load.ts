import { Agent } from "node:http";
import { get } from "./http.ts";

/** What became of the requests of a load. */
export interface Tally {
  made: number;
  /** Requests that did not give the expected answer, with the first few reasons. */
  failed: number;
  readonly reasons: string[];
}

export interface Load {
  readonly tally: Tally;
  /** Stops making requests, waits for the last answers and gives the tally. */
  stop(): Promise<Tally>;
}

/** GETs `url` `perSecond` times a second, each answer having to be 200 with exactly `expected`, until it is stopped. */
export function startLoad(url: string, expected: string, perSecond: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const tally: Tally = { made: 0, failed: 0, reasons: [] };
  const pending = new Set<Promise<void>>();
  const began = performance.now();

  function tick(): void {
    // By the clock and not by ticks, so that a late timer is made up for.
    const due = Math.floor(((performance.now() - began) * perSecond) / 1000);
    while (tally.made < due) {
      tally.made++;
      const one = get(url, agent)
        .then(({ status, body }) => {
          if (status !== 200 || body !== expected) throw new Error(`${status} ${body}`);
        })
        .catch((reason: Error) => {
          tally.failed++;
          if (tally.reasons.length < 10) tally.reasons.push(reason.message);
        })
        .finally(() => pending.delete(one));
      pending.add(one);
    }
  }

  const timer = setInterval(tick, 5);
  return {
    tally,
    async stop() {
      clearInterval(timer);
      await Promise.all(pending);
      agent.destroy();
      return tally;
    },
  };
}
