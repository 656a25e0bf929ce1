import { backoffMs, type Logger, MicroError, systemClock } from "@micro/core";
import { closedError, type EtcdCluster } from "./cluster.ts";
import { keptLease, type Lease } from "./lease.ts";
import { type Stored, storedKey } from "./stored-key.ts";
import type { WatchStream } from "./watch-stream.ts";

/** What this process wants etcd to hold, and the work of making it so. */
export interface Registrations {
  /**
   * Remembers what the key is to hold, or with `undefined` that it is to be gone, and resolves when that is so.
   * Rejects when it is not so in time; the work goes on.
   */
  want(key: string, wanted: Wanted | undefined): Promise<void>;
  /** Forgets everything and leaves etcd as it is. */
  abandon(): void;
}

export interface Wanted {
  readonly value: string;
  /** Whole seconds; 0 for a key that stays until it is deleted. */
  readonly ttlSeconds: number;
}

interface Entry {
  readonly key: string;
  wanted: Wanted | undefined;
  lease: Lease | undefined;
  readonly stored: Stored;
  /** Whether somebody asked, or etcd told, since the work was last done. */
  due: boolean;
  working: boolean;
  /** Ends the pause before the next try. */
  hurry: () => void;
  waiting: { resolve(): void; reject(reason: unknown): void }[];
}

const pauses = { baseMs: 200, maxMs: 1_000 };
// Wrong passwords and missing permissions are put right by people.
const refusedPauseMs = 10_000;
// All keys are put again at once when a lease is lost; etcd serves that many side by side without others waiting.
const concurrency = 32;

export function registrations(
  cluster: EtcdCluster,
  stream: WatchStream,
  { timeoutMs, logger }: { timeoutMs: number; logger: Logger },
): Registrations {
  const entries = new Map<string, Entry>();
  const leases = new Map<number, Lease>();
  const queue: (() => void)[] = [];
  let busy = 0;

  function entryOf(key: string): Entry {
    const known = entries.get(key);
    if (known) return known;
    const stored = storedKey(cluster, stream, key, {
      logger,
      onChanged: () => work(entry),
      onUnguarded: () => forgetIfDone(entry),
    });
    const entry: Entry = {
      key,
      wanted: undefined,
      lease: undefined,
      stored,
      due: false,
      working: false,
      hurry: () => undefined,
      waiting: [],
    };
    entries.set(key, entry);
    return entry;
  }

  function leaseOf(seconds: number): Lease {
    const known = leases.get(seconds);
    if (known) return known;
    const lease = keptLease(cluster, seconds, logger, () => {
      for (const entry of entries.values()) if (entry.lease === lease) work(entry);
    });
    leases.set(seconds, lease);
    return lease;
  }

  // A leader that stood still for longer than a time to live may, when it goes on, take back the leases it knew, although
  // its successor has renewed them (https://github.com/etcd-io/etcd/issues/15247, in releases before 2024). Of later ones
  // it knows nothing. There is time to get one: at least two thirds of the time to live have to pass before.
  cluster.onNewLeader(() => {
    for (const [seconds, lease] of leases) {
      const withinMs = (Math.random() * seconds * 1_000) / 6; // lest a whole fleet does it at once
      systemClock.after(withinMs, () => replace(seconds, lease), { background: true });
    }
  });

  function replace(seconds: number, lease: Lease): void {
    if (cluster.closing.aborted || leases.get(seconds) !== lease) return;
    logger.debug(`etcd has a new leader; moving to another lease of ${seconds} s`);
    leases.delete(seconds); // the next put makes another, and the last one to leave gives this one back
    for (const entry of entries.values()) if (entry.lease === lease) work(entry);
  }

  function work(entry: Entry): void {
    entry.due = true;
    entry.hurry();
    if (entry.working) return;
    entry.working = true;
    void keepWorking(entry);
  }

  async function keepWorking(entry: Entry): Promise<void> {
    for (let failures = 0; entry.due && !cluster.closing.aborted; ) {
      entry.due = false;
      const { waiting } = entry;
      entry.waiting = [];
      try {
        await inTurn(() => makeSo(entry));
        failures = 0;
        for (const { resolve } of waiting) resolve();
      } catch (reason) {
        for (const { reject } of waiting) reject(reason);
        entry.due = true;
        const away = reason instanceof MicroError && reason.code === 503;
        await pause(entry, away ? backoffMs(++failures, pauses) : refusedPauseMs);
      }
    }
    entry.working = false;
    forgetIfDone(entry);
  }

  /** Ends early when somebody asks again, or the registry closes. */
  async function pause(entry: Entry, ms: number): Promise<void> {
    if (cluster.closing.aborted) return;
    await new Promise<void>((resolve) => {
      const cancel = systemClock.after(ms, resolve, { background: true });
      entry.hurry = () => {
        cancel();
        resolve();
      };
    });
    entry.hurry = () => undefined;
  }

  async function makeSo(entry: Entry): Promise<void> {
    const { wanted, lease: former } = entry;
    const lease = wanted && wanted.ttlSeconds > 0 ? leaseOf(wanted.ttlSeconds) : undefined;
    if (wanted) await entry.stored.put(wanted.value, lease);
    else await entry.stored.remove();
    entry.lease = lease;
    if (former && former !== lease) await giveUp(former);
  }

  /** The last key to leave a lease gives it back, so that a put still on its way somewhere finds it gone. */
  async function giveUp(lease: Lease): Promise<void> {
    const isCurrent = leases.get(lease.seconds) === lease;
    for (const entry of entries.values())
      if (entry.lease === lease || (isCurrent && entry.wanted?.ttlSeconds === lease.seconds)) return;
    if (isCurrent) leases.delete(lease.seconds);
    try {
      await lease.revoke();
    } catch (reason) {
      logger.debug(
        { reason },
        `a lease of ${lease.seconds} s that nothing hangs on was not given back and will run out`,
      );
    }
  }

  function forgetIfDone(entry: Entry): void {
    if (entry.wanted || entry.due || entry.working || entry.stored.guarded) return;
    entry.stored.forget();
    entries.delete(entry.key);
  }

  async function inTurn(action: () => Promise<void>): Promise<void> {
    if (busy >= concurrency) await new Promise<void>((resolve) => queue.push(resolve));
    else busy++;
    try {
      await action();
    } finally {
      const next = queue.shift();
      if (next) next();
      else busy--;
    }
  }

  return {
    want(key, wanted) {
      const entry = entryOf(key);
      entry.wanted = wanted;
      return new Promise<void>((resolve, reject) => {
        // Renewing, granting and putting may each take that long.
        const cancel = systemClock.after(timeoutMs, () => reject(cluster.unreachable(timeoutMs)));
        entry.waiting.push({
          resolve: () => {
            cancel();
            resolve();
          },
          reject: (reason) => {
            cancel();
            reject(reason);
          },
        });
        work(entry);
      });
    },
    abandon() {
      for (const lease of [...leases.values(), ...[...entries.values()].map((entry) => entry.lease)]) lease?.abandon();
      for (const entry of entries.values()) {
        entry.stored.forget();
        entry.hurry();
        for (const { reject } of entry.waiting) reject(closedError());
      }
      entries.clear();
      for (const next of queue.splice(0)) next();
    },
  };
}
