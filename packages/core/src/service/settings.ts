import { roundRobin } from "../selector/round-robin.ts";
import type { Strategy } from "../selector/selector.ts";
import { withNodeLimit } from "../selector/with-node-limit.ts";
import { parseListenAddress } from "../words/address.ts";
import { ConfigError } from "../words/plugin.ts";
import { type Flag, type FlagValues, parseFlags, withDefaults } from "./flags.ts";
import { unreadVariables } from "./ignored-flags.ts";
import { registerTimes } from "./register-times.ts";
import { type ChosenSelector, chosenSelector } from "./selector-words.ts";
import { type ServiceFlagValues, serviceFlags } from "./service-flags.ts";
import type { ServiceOptions } from "./service-options.ts";

/** Everything that flags, environment and code say about a service, settled. */
export interface Settings {
  readonly values: ServiceFlagValues;
  /** The values of the program's own flags, defaults among them. */
  readonly own: Readonly<Record<string, unknown>>;
  readonly args: readonly string[];
  readonly help: boolean;
  readonly warnings: readonly string[];
  /** A mistake that whoever uses the service first is told. */
  readonly problem: ConfigError | undefined;
  /** With the node limit around it. */
  readonly strategy: Strategy;
  /** Where nodes are found, as a flag says; undefined for as the program says. */
  readonly makeSelector?: ChosenSelector["make"] | undefined;
  readonly ttlMs: number;
  readonly intervalMs: number;
}

/**
 * Reads flags and environment over what the program says. A mistake does not throw here, where a stack trace of the
 * program's first line would be all that the person sees; it is kept for `run` and `start`.
 */
export function readSettings(options: ServiceOptions, program: string): Settings {
  const { flags = [] } = options;
  try {
    refuseTakenNames(flags);
    if (options.codecs && options.unknownFields)
      throw new ConfigError(
        "unknownFields is about the codecs of every service; with codecs of its own it is jsonCodec({ unknownFields })",
      );
    const table: readonly Flag[] = [...flags, ...serviceFlags];
    const parsed = parseFlags(table, {
      program,
      ...(options.argv && { argv: options.argv }),
      ...(options.env && { env: options.env }),
    });
    const { rest, help } = parsed;
    // The table has all of the service's flags, whatever the program adds to it.
    const values = parsed.values as ServiceFlagValues;
    const sources = parsed.sources as Readonly<Record<string, string>>;
    const warnings = [
      ...parsed.warnings,
      ...unread(options.env ?? process.env),
      ...withoutHttpBroker(values, options, sources),
    ];
    const { register_ttl, register_interval } = registerTimes({ ...inSeconds(options), ...values });
    parseListenAddress(
      values.server_address ?? options.address ?? ":0",
      values.server_address ? "--server_address" : "address",
    );
    const { make: makeSelector, strategy = options.strategy ?? roundRobin } = chosenSelector(values.selector);
    const times = { ttlMs: register_ttl * 1000, intervalMs: register_interval * 1000 };
    return {
      values,
      own: ownValues(flags, parsed.values),
      args: rest,
      help,
      warnings,
      problem: undefined,
      strategy: limited(strategy, options.nodeLimit),
      makeSelector,
      ...times,
    };
  } catch (reason) {
    if (!(reason instanceof ConfigError)) throw reason;
    const times = { ttlMs: 60_000, intervalMs: 30_000 };
    const own = ownValues(flags, {});
    return { values: {}, own, args: [], help: false, warnings: [], problem: reason, strategy: roundRobin, ...times };
  }
}

function ownValues(flags: readonly Flag[], values: FlagValues<readonly Flag[]>): Readonly<Record<string, unknown>> {
  const names = new Set(flags.map(({ name }) => name));
  const given = Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
  return withDefaults(flags, given);
}

function unread(env: Readonly<Record<string, string | undefined>>): string[] {
  return unreadVariables.filter((name) => env[name]?.trim()).map((name) => `${name} has no effect here`);
}

function withoutHttpBroker(
  { broker_dialect, broker }: ServiceFlagValues,
  options: ServiceOptions,
  sources: Readonly<Record<string, string>>,
): string[] {
  const chosen = broker ?? options.broker ?? "http";
  if (broker_dialect === undefined || chosen === "http") return [];
  return [`${sources.broker_dialect} is about the broker http and has no effect on ${chosen}`];
}

/** Two meanings of one flag would leave it to chance which of them a person gets. */
function refuseTakenNames(flags: readonly Flag[]): void {
  const taken = new Set<string>(["help", "h", ...serviceFlags.map(({ name }) => name)]);
  for (const { name, aliases = [] } of flags) {
    for (const each of [name, ...aliases]) {
      if (taken.has(each))
        throw new ConfigError(`the program's flag --${each} has the name of another; every service has its own`);
      taken.add(each);
    }
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

function limited(strategy: Strategy, nodeLimit: number | undefined): Strategy {
  if (nodeLimit === undefined) return strategy;
  if (!(nodeLimit >= 1)) throw new ConfigError(`nodeLimit ${nodeLimit} lets no call through; expected 1 at least`);
  return withNodeLimit(nodeLimit, strategy);
}
