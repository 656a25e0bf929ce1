import type { Registry, ServiceRecord } from "../../registry/registry.ts";
import { type Backoff, backoffMs } from "../../words/backoff.ts";
import { type Clock, sleep } from "../../words/clock.ts";
import { MicroError } from "../../words/errors.ts";
import type { Logger } from "../../words/logger.ts";

export interface PresenceOptions {
  readonly registry: Registry;
  /** One subscription, in as many dialects as it is told. */
  readonly records: readonly ServiceRecord[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A subscription's place in the registry. */
export interface Presence {
  /** Takes it out of the registry; when that fails, it is left to its time to live. */
  end(): Promise<void>;
}

/** Registers a subscription and keeps it registered as go-micro does. Rejects when the registry does not take it. */
export async function register(options: PresenceOptions): Promise<Presence> {
  const { registry, records, clock, logger } = options;
  const nodeId = records[0]?.nodes[0]?.id ?? "";
  const ending = new AbortController();

  async function put(): Promise<void> {
    for (const record of records) await registry.register(record, { ttlMs });
  }

  async function keep(): Promise<void> {
    for (let failures = 0; ; ) {
      const slept = await sleep(clock, failures > 0 ? backoffMs(failures, pauses) : intervalMs, ending.signal, {
        background: true,
      }).then(
        () => true,
        () => false,
      );
      if (!slept) return;
      try {
        await put();
        if (failures > 0) logger.info(`Registry [${registry.name}] subscriber ${nodeId} is registered again`);
        failures = 0;
      } catch (reason) {
        failures++;
        const { detail } = MicroError.from(reason, registry.name);
        logger.warn(`Registry [${registry.name}] cannot renew subscriber ${nodeId}, try ${failures}: ${detail}`);
      }
    }
  }

  await put();
  const keeping = keep();

  return {
    async end() {
      ending.abort();
      await keeping;
      for (const record of records) {
        try {
          await registry.deregister(record);
        } catch (reason) {
          const { detail } = MicroError.from(reason, registry.name);
          logger.warn(`Registry [${registry.name}] cannot deregister subscriber ${nodeId}: ${detail}`);
        }
      }
    },
  };
}

// Source: go-micro v2.9.1 `broker/http.go`.
const ttlMs = 60_000;
const intervalMs = 30_000;
const pauses: Backoff = { baseMs: 500, maxMs: 10_000 };
