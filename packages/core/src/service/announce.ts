import type { Registry, ServiceRecord } from "../registry/registry.ts";
import { backoffMs } from "../words/backoff.ts";
import { type Clock, sleep } from "../words/clock.ts";
import type { Logger } from "../words/logger.ts";

export interface AnnounceOptions {
  readonly registry: Registry;
  readonly record: ServiceRecord;
  /** 0 registers without a limit. */
  readonly ttlMs: number;
  /** 0 registers once. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Announcement {
  /** Resolves when the first try at registering has ended, well or not. */
  readonly tried: Promise<void>;
  /** Stops renewing and takes the record out of the registry. Rejects when the registry cannot be told. */
  stop(): Promise<void>;
}

const retry = { baseMs: 500, maxMs: 10_000 };

/** Keeps a record in the registry: registers it, renews it each interval, and tries again sooner while that fails. */
export function announce({ registry, record, ttlMs, intervalMs, clock, logger }: AnnounceOptions): Announcement {
  const nodeId = record.nodes[0]?.id ?? record.name;
  const ending = new AbortController();
  let told: () => void = () => undefined;
  const tried = new Promise<void>((resolve) => {
    told = resolve;
  });
  const loop = keepRegistered();

  async function keepRegistered(): Promise<void> {
    let failures = 0;
    let registeredOnce = false;
    while (!ending.signal.aborted) {
      try {
        await registry.register(record, ttlMs > 0 ? { ttlMs } : {});
        if (!registeredOnce) logger.info(`Registry [${registry.name}] Registering node: ${nodeId}`);
        else if (failures > 0)
          logger.info(`Registry [${registry.name}] Registering node: ${nodeId} again after ${failures} failed tries`);
        registeredOnce = true;
        failures = 0;
      } catch (reason) {
        if (ending.signal.aborted) return;
        failures++;
        const cause = reason instanceof Error && "detail" in reason ? reason.detail : reason;
        logger.error(`Registry [${registry.name}] cannot register node ${nodeId}, try ${failures}: ${cause}`);
      } finally {
        told();
      }
      if (failures === 0 && intervalMs === 0) return;
      const pauseMs = failures > 0 ? backoffMs(failures, retry) : intervalMs;
      await sleep(clock, pauseMs, ending.signal).catch(() => undefined); // the loop's condition sees why
    }
  }

  return {
    tried,
    async stop() {
      ending.abort();
      logger.info(`Registry [${registry.name}] Deregistering node: ${nodeId}`);
      await registry.deregister(record);
      await loop;
    },
  };
}
