import { ConfigError } from "../words/plugin.ts";

export interface RegisterTimes {
  /** Seconds that a registration lives unless renewed; 0 for ever. */
  readonly register_ttl: number;
  /** Seconds between two renewals; 0 for none. */
  readonly register_interval: number;
}

/**
 * Both times, when one or none is given: the ttl 60 s but at least twice the interval, the interval half of the ttl but
 * at most 30 s. With go-micro's fixed 60 and 30, a lone `--register_ttl=15` lets the record vanish before each renewal.
 *
 * Throws a `ConfigError` when a registration would run out before it is renewed.
 */
export function registerTimes(given: Partial<RegisterTimes>): RegisterTimes {
  const { register_ttl = Math.max(60, 2 * (given.register_interval ?? 0)) } = given;
  const { register_interval = register_ttl === 0 ? 30 : Math.min(30, Math.max(1, Math.floor(register_ttl / 2))) } =
    given;
  const lasts = register_ttl === 0 || (register_interval > 0 && register_ttl > register_interval);
  if (!lasts)
    throw new ConfigError(
      `register_ttl ${register_ttl} needs renewal before it runs out, but register_interval is ${register_interval}; expected ` +
        "a register_interval of at least 1 and less than register_ttl, or register_ttl 0 for a registration that stays",
    );
  return { register_ttl, register_interval };
}
