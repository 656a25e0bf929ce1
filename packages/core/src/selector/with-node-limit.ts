import { type MicroError, unavailable } from "../words/errors.ts";
import { noLoad } from "./load.ts";
import { roundRobin } from "./round-robin.ts";
import type { Candidate, Strategy } from "./selector.ts";

/**
 * `strategy` over the nodes that have fewer than `maxInFlight` calls of this process under way. When all are full it
 * throws 503 at once: a call that would only wait in a queue is better refused while its caller can still do something
 * else. What was refused did not run.
 *
 *     registrySelector({ registry, strategy: withNodeLimit(100, powerOfTwoChoices) });
 *
 * Keep what it gives; a strategy made for each call begins anew each time.
 */
export function withNodeLimit(maxInFlight: number, strategy: Strategy = roundRobin): Strategy {
  if (!(maxInFlight >= 1)) throw new RangeError(`a limit of calls in flight is at least 1, not ${maxInFlight}`);
  return (load = noLoad) => {
    const choose = strategy(load);
    return (candidates) => {
      const first = choose(candidates);
      if (load.of(first) < maxInFlight) return first;
      const free = candidates.filter((candidate) => load.of(candidate) < maxInFlight);
      if (free.length === 0) throw allFull(candidates.length, first, maxInFlight);
      return choose(free);
    };
  };
}

function allFull(count: number, { record }: Candidate, maxInFlight: number): MicroError {
  const nodes = count === 1 ? "the node that is left has" : `the ${count} nodes that are left have`;
  const detail = `service ${record.name} has no node to call: ${nodes} ${maxInFlight} calls in flight, the most allowed`;
  return unavailable("go.micro.client", detail, { unprocessed: true });
}
