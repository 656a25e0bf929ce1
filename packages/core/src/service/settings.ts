import { leastLoaded } from "../selector/least-loaded.ts";
import { powerOfTwoChoices } from "../selector/power-of-two-choices.ts";
import { random } from "../selector/random.ts";
import { roundRobin } from "../selector/round-robin.ts";
import type { Strategy } from "../selector/selector.ts";
import { weighted } from "../selector/weighted.ts";
import { parseListenAddress } from "../words/address.ts";
import { ConfigError } from "../words/plugin.ts";
import type { ServiceOptions } from "./create-service.ts";
import { parseFlags } from "./flags.ts";
import { registerTimes, type ServiceFlagValues, serviceFlags } from "./service-flags.ts";

/** Everything that flags, environment and code say about a service, settled. */
export interface Settings {
  readonly values: ServiceFlagValues;
  readonly args: readonly string[];
  readonly help: boolean;
  readonly warnings: readonly string[];
  /** A mistake that whoever uses the service first is told. */
  readonly problem: ConfigError | undefined;
  readonly strategy: Strategy;
  readonly ttlMs: number;
  readonly intervalMs: number;
}

/**
 * Reads flags and environment over what the program says. A mistake does not throw here, where a stack trace of the
 * program's first line would be all that the person sees; it is kept for `run` and `start`.
 */
export function readSettings(options: ServiceOptions, program: string): Settings {
  try {
    const { values, rest, help, warnings } = parseFlags(serviceFlags, {
      program,
      ...(options.argv && { argv: options.argv }),
      ...(options.env && { env: options.env }),
    });
    const given = { ...inSeconds(options), ...values };
    const { register_ttl, register_interval } = registerTimes(given);
    parseListenAddress(
      values.server_address ?? options.address ?? ":0",
      values.server_address ? "--server_address" : "address",
    );
    const strategy = strategyOf(values.selector);
    const times = { ttlMs: register_ttl * 1000, intervalMs: register_interval * 1000 };
    return { values, args: rest, help, warnings, problem: undefined, strategy, ...times };
  } catch (reason) {
    if (!(reason instanceof ConfigError)) throw reason;
    const times = { ttlMs: 60_000, intervalMs: 30_000 };
    return { values: {}, args: [], help: false, warnings: [], problem: reason, strategy: roundRobin, ...times };
  }
}

function inSeconds({ registerTtlMs, registerIntervalMs }: ServiceOptions): {
  register_ttl?: number;
  register_interval?: number;
} {
  return {
    ...(registerTtlMs !== undefined && { register_ttl: Math.ceil(registerTtlMs / 1000) }),
    ...(registerIntervalMs !== undefined && { register_interval: Math.ceil(registerIntervalMs / 1000) }),
  };
}

// What go-micro calls `registry` is whichever way is the default.
const strategies: Readonly<Record<string, Strategy>> = {
  registry: roundRobin,
  roundrobin: roundRobin,
  random,
  leastloaded: leastLoaded,
  p2c: powerOfTwoChoices,
  weighted,
};

function strategyOf(selector = "registry"): Strategy {
  const strategy = strategies[selector];
  if (strategy) return strategy;
  const known = Object.keys(strategies).join(", ");
  throw new ConfigError(`--selector: "${selector}" is not known here; known are ${known}`);
}
