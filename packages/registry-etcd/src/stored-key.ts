import { type Logger, MicroError, systemClock } from "@micro/core";
import type { IEvent, IPutResponse } from "etcd3";
import type { EtcdCluster } from "./cluster.ts";
import { isLeaseLost, judge } from "./failure.ts";
import type { Lease } from "./lease.ts";
import { isPut, type WatchStream } from "./watch-stream.ts";

/** One key that this process looks after. */
export interface Stored {
  /** Makes the key hold the value under the lease; writes nothing when it does. */
  put(value: string, lease: Lease | undefined): Promise<void>;
  /** Deletes the key. */
  remove(): Promise<void>;
  /** It was removed, and is still watched for a put on its way that would bring it back. */
  readonly guarded: boolean;
  /** Looks after it no longer. */
  forget(): void;
}

export interface StoredKeyOptions {
  logger: Logger;
  /** The key is not as it was left, or may not be. */
  onChanged(): void;
  /** The key is guarded no longer. */
  onUnguarded(): void;
}

// Two programs that fight over one key would otherwise do so as fast as etcd lets them.
const fightPauseMs = 1_000;
// A put that nobody answered may still lie with a frozen member, or wait for a leader, and be applied after the delete.
const doubtMs = 30_000;

/** Follows the key by a watch of its own, so that a loss is made good at once and not at the next renewal. */
export function storedKey(
  cluster: EtcdCluster,
  stream: WatchStream,
  name: string,
  { logger, onChanged, onUnguarded }: StoredKeyOptions,
): Stored {
  const key = Buffer.from(name);
  let written: { value: string; lease: string; revision: bigint } | undefined;
  let stopWatching: (() => void) | undefined;
  let lastLossMs = Number.NEGATIVE_INFINITY;
  let doubtUntilMs = 0;
  let sent: { value: string; lease: string } | undefined;
  let endGuard: (() => void) | undefined;

  async function put(value: string, lease: Lease | undefined): Promise<void> {
    // Renewing tells whether etcd still has the lease, and etcd answers that it can be reached.
    if (written && lease) await lease.renew();
    for (let attempt = 1; ; attempt++) {
      const id = (await lease?.id()) ?? "0";
      if (written?.value === value && written.lease === id && (await isThere(value, id))) return;
      try {
        const { header } = await send(value, id);
        written = { value, lease: id, revision: BigInt(header.revision) };
        follow(written.revision + 1n);
        return;
      } catch (reason) {
        if (!lease || attempt >= 3 || !(reason instanceof MicroError && isLeaseLost(reason))) throw reason;
        lease.lost(id);
      }
    }
  }

  function send(value: string, lease: string): Promise<IPutResponse> {
    sent = { value, lease };
    const request = { key, value: Buffer.from(value), lease };
    return cluster.run(async (member, { metadata, timeoutMs }) => {
      try {
        return await member.unary("put", request, metadata, timeoutMs);
      } catch (reason) {
        if (judge(reason) === "elsewhere") doubtUntilMs = systemClock.now() + doubtMs;
        throw reason;
      }
    });
  }

  async function isThere(value: string, lease: string): Promise<boolean> {
    const { header, kvs } = await cluster.unary("range", { key });
    const [found] = kvs;
    if (found?.lease !== lease || found.value.toString() !== value) return false;
    if (!stopWatching) follow(BigInt(header.revision) + 1n);
    return true;
  }

  function follow(fromRevision: bigint): void {
    stopWatching?.();
    endGuard?.();
    stopWatching = stream.watch({
      key,
      fromRevision,
      onEvents,
      onGap() {
        stopWatching = undefined;
        onChanged();
      },
    });
  }

  function onEvents(events: readonly IEvent[]): void {
    const last = events.at(-1);
    // Older ones tell of what has been made good since.
    if (!last || !written || BigInt(last.kv.mod_revision) <= written.revision) return;
    if (isPut(last)) {
      if (last.kv.value.toString() !== written.value)
        logger.warn(`somebody else registered ${name}, too; two nodes with one id hide each other`);
      return;
    }
    const nowMs = systemClock.now();
    const pauseMs = nowMs - lastLossMs < fightPauseMs ? fightPauseMs : 0;
    lastLossMs = nowMs;
    written = undefined;
    logger.info(`${name} is gone from etcd; registering it again`);
    systemClock.after(pauseMs, onChanged, { background: true });
  }

  async function remove(): Promise<void> {
    forget();
    const { header } = await cluster.unary("deleteRange", { key });
    const forMs = doubtUntilMs - systemClock.now();
    if (forMs > 0) guard(BigInt(header.revision) + 1n, forMs);
  }

  function guard(fromRevision: bigint, forMs: number): void {
    stopWatching = stream.watch({
      key,
      fromRevision,
      onEvents(events) {
        const last = events.at(-1);
        // Somebody else may register it.
        if (!last || !isPut(last) || last.kv.lease !== sent?.lease || last.kv.value.toString() !== sent.value) return;
        logger.info(`${name} was brought back by a put that was late; deleting it again`);
        onChanged();
      },
      onGap: onChanged,
    });
    const cancel = systemClock.after(
      forMs,
      () => {
        forget();
        onUnguarded();
      },
      { background: true },
    );
    endGuard = () => {
      cancel();
      endGuard = undefined;
    };
  }

  function forget(): void {
    written = undefined;
    stopWatching?.();
    stopWatching = undefined;
    endGuard?.();
  }

  return {
    put,
    remove,
    get guarded() {
      return endGuard !== undefined;
    },
    forget,
  };
}
