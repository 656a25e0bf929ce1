import type { Registry, ServiceRecord } from "../registry/registry.ts";
import { backoffMs } from "../words/backoff.ts";
import { type Clock, sleep } from "../words/clock.ts";
import type { Logger } from "../words/logger.ts";
import { type RegisterCheck, runCheck } from "./register-check.ts";

export interface AnnounceOptions {
  readonly registry: Registry;
  readonly record: ServiceRecord;
  /** 0 registers without a limit. */
  readonly ttlMs: number;
  /** 0 registers once. */
  readonly intervalMs: number;
  /** Run before each registration and renewal; while it throws the record is kept out of the registry. @default none */
  readonly check?: RegisterCheck | undefined;
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

/**
 * Keeps a record in the registry: registers it, renews it each interval, and tries again sooner while that fails or
 * the check does.
 */
export function announce({ registry, record, ttlMs, intervalMs, check, clock, logger }: AnnounceOptions): Announcement {
  const nodeId = record.nodes[0]?.id ?? record.name;
  const where = `Registry [${registry.name}]`;
  const ending = new AbortController();
  let told: () => void = () => undefined;
  const tried = new Promise<void>((resolve) => {
    told = resolve;
  });
  let registering = false;
  let registered = false;
  const loop = keepRegistered();

  async function keepRegistered(): Promise<void> {
    let failures = 0;
    let registeredOnce = false;
    while (!ending.signal.aborted) {
      const problem = await attempt();
      told();
      if (ending.signal.aborted) return;
      if (problem !== undefined) logger.error(`${where} ${problem.what}, try ${++failures}: ${problem.why}`);
      else {
        if (!registeredOnce) logger.info(`${where} Registering node: ${nodeId}`);
        else if (failures > 0) logger.info(`${where} Registering node: ${nodeId} again after ${failures} failed tries`);
        registeredOnce = true;
        failures = 0;
        if (intervalMs === 0) return;
      }
      const pauseMs = failures > 0 ? backoffMs(failures, retry) : intervalMs;
      await sleep(clock, pauseMs, ending.signal).catch(() => undefined); // the loop's condition sees why
    }
  }

  /** One try at registering. Gives what went wrong. */
  async function attempt(): Promise<Problem | undefined> {
    const refusal = check && (await runCheck(check, clock, ending.signal));
    if (ending.signal.aborted) return undefined;
    if (refusal !== undefined) return withhold(refusal);
    try {
      registering = true;
      await registry.register(record, ttlMs > 0 ? { ttlMs } : {});
      registered = true;
      return undefined;
    } catch (reason) {
      return { what: `cannot register node ${nodeId}`, why: causeOf(reason) };
    } finally {
      registering = false;
    }
  }

  async function withhold(why: string): Promise<Problem> {
    if (!registered) return { what: `node ${nodeId} is not registered, its check failed`, why };
    try {
      await registry.deregister(record);
      registered = false;
      return { what: `node ${nodeId} is taken out, its check failed`, why };
    } catch (reason) {
      return { what: `cannot take out node ${nodeId}, whose check failed`, why: `${causeOf(reason)}; check: ${why}` };
    }
  }

  return {
    tried,
    async stop() {
      ending.abort();
      logger.info(`${where} Deregistering node: ${nodeId}`);
      const mayComeBack = registering;
      await registry.deregister(record);
      await loop;
      // A registration that was under way may have arrived last.
      if (mayComeBack) await registry.deregister(record);
    },
  };
}

interface Problem {
  readonly what: string;
  readonly why: unknown;
}

function causeOf(reason: unknown): unknown {
  return reason instanceof Error && "detail" in reason ? reason.detail : reason;
}
