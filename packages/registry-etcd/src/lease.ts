import { backoffMs, type Logger, MicroError, systemClock } from "@micro/core";
import type { EtcdCluster } from "./cluster.ts";
import { brokenOff } from "./failure.ts";
import { errorId } from "./options.ts";

/** A time to live that keys hang on, kept alive until released. */
export interface Lease {
  readonly seconds: number;
  /** The id of a lease that was alive when etcd was last heard of; made when there is none. */
  id(): Promise<string>;
  /** Renews it now. When etcd has lost it, `id` gives another one afterwards. */
  renew(): Promise<void>;
  /** Takes note that etcd does not know the lease. */
  lost(id: string): void;
  /** Stops renewing and gives the lease back, with all keys that still hang on it. */
  revoke(): Promise<void>;
  /** Stops renewing; keys live on until their time is over. */
  abandon(): void;
}

/** `onLost` is called each time that keys lost their lease and need another. */
export function keptLease(cluster: EtcdCluster, seconds: number, logger: Logger, onLost: () => void): Lease {
  let granted: { id: string; ttlMs: number } | undefined;
  let granting: Promise<string> | undefined;
  let renewing: Promise<void> | undefined;
  let cancelTimer: () => void = () => undefined;
  let ended = false;

  async function grant(): Promise<string> {
    const { ID: id, TTL, error } = await cluster.unary("leaseGrant", { TTL: seconds });
    if (error) throw new MicroError(errorId, 503, `etcd granted no lease of ${seconds} s: ${error}`);
    granted = { id, ttlMs: Number(TTL) * 1_000 };
    plan(granted.ttlMs / 3);
    return id;
  }

  // At half the time, one lost renewal and a slow second one would already let healthy nodes vanish.
  function plan(ms: number): void {
    cancelTimer();
    if (!ended && !cluster.closing.aborted)
      cancelTimer = systemClock.after(ms, () => void keep(1), { background: true });
  }

  async function keep(attempt: number): Promise<void> {
    try {
      await renew();
    } catch {
      // The cluster has reported it. While etcd is away its leases stand still, so that this one may well be alive
      // when it is back, however long that takes.
      cancelTimer();
      if (!ended && !cluster.closing.aborted)
        cancelTimer = systemClock.after(backoffMs(attempt, pauses), () => void keep(attempt + 1), { background: true });
    }
  }

  function renew(): Promise<void> {
    renewing ??= renewOnce().finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  async function renewOnce(): Promise<void> {
    if (!granted) return;
    const { id, ttlMs } = granted;
    const ttl = await cluster.run((member, { metadata, timeoutMs }) => {
      return new Promise<number>((resolve, reject) => {
        // A stream for one question and one answer: one that stays open can go silent, and it costs a message every
        // few seconds at most.
        const stream = member.stream("leaseKeepAlive", metadata, { timeoutMs });
        stream.on("error", reject);
        stream.on("end", () => reject(brokenOff("the renewal stream ended without an answer")));
        stream.on("data", ({ TTL }) => {
          resolve(Number(TTL));
          stream.end();
        });
        stream.write({ ID: id });
      });
    });
    if (ttl > 0) plan(ttlMs / 3);
    else lost(id);
  }

  function lost(id: string): void {
    if (granted?.id !== id) return;
    granted = undefined;
    cancelTimer();
    if (ended) return;
    logger.warn({ lease: id }, `etcd lost lease ${BigInt(id).toString(16)} of ${seconds} s; registering again`);
    onLost();
  }

  function abandon(): void {
    ended = true;
    cancelTimer();
  }

  return {
    seconds,
    id() {
      if (granted) return Promise.resolve(granted.id);
      granting ??= grant().finally(() => {
        granting = undefined;
      });
      return granting;
    },
    renew,
    lost,
    async revoke() {
      abandon();
      if (granted) await cluster.unary("leaseRevoke", { ID: granted.id });
    },
    abandon,
  };
}

const pauses = { baseMs: 100, maxMs: 1_000 };
