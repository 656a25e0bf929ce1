import { backoffMs, type Logger, sleep, systemClock } from "@micro/core";
import type { IEvent } from "etcd3";
import type { EtcdCluster } from "./cluster.ts";
import { brokenOff, isSilence, judge } from "./failure.ts";
import { heartbeat } from "./heartbeat.ts";
import type { EtcdMember } from "./member.ts";
import { type Watcher, type WatchTalk, watchTalk } from "./watch-talk.ts";

/** What one watcher wants to hear. */
export interface Watched {
  readonly key: Buffer;
  /** The end of a range of keys. @default only `key` */
  readonly rangeEnd?: Buffer;
  /** The first revision to hear of; what came before is known. */
  readonly fromRevision: bigint;
  onEvents(events: readonly IEvent[]): void;
  /** etcd has forgotten revisions that were to come next: read anew and watch from there. No events follow. */
  onGap(): void;
  /** Told `false` each time that etcd does not serve the watch, and `true` when it does again. */
  onContact?(inTouch: boolean): void;
}

/** All watchers of this process over one stream to one member. */
export interface WatchStream {
  /** Starts to watch, through whatever happens to members and connections; the answer ends it. */
  watch(watched: Watched): () => void;
}

const pauses = { baseMs: 50, maxMs: 1_000 };
// A login costs etcd a slow hash, so that a wrong password is not tried every second.
const refusedPauseMs = 5_000;
const openMs = 1_000;
// A stream that lasted as long did not fail because of what we asked.
const steadyMs = 1_000;

export function watchStream(cluster: EtcdCluster, logger: Logger): WatchStream {
  const watchers = new Set<Watcher>();
  let open: { talk: WatchTalk; finish(): void } | undefined;
  let running = false;

  /** Keeps a stream open as long as anybody watches. */
  async function keepOpen(): Promise<void> {
    for (let failures = 0; watchers.size > 0 && !cluster.closing.aborted; ) {
      const member = cluster.current();
      const { generation } = member;
      const startMs = systemClock.now();
      try {
        await carry(member);
        failures = 0;
      } catch (reason) {
        if (cluster.closing.aborted) break;
        for (const { watched } of watchers) watched.onContact?.(false);
        failures = systemClock.now() - startMs > steadyMs ? 1 : failures + 1;
        cluster.failed(member, generation, reason, { dead: isSilence(reason) });
        // The first time another member is tried at once.
        const pauseMs = failures > 1 ? backoffMs(failures - 1, pauses) : 0;
        await pause(judge(reason) === "elsewhere" ? pauseMs : refusedPauseMs);
      }
    }
    running = false;
  }

  function pause(ms: number): Promise<void> {
    // The loop looks itself whether the registry was closed meanwhile.
    return sleep(systemClock, ms, cluster.closing).catch(() => undefined);
  }

  /** One stream, from its opening until nobody watches any more; rejects when it fails. */
  async function carry(member: EtcdMember): Promise<void> {
    const metadata = await cluster.metadata(member, openMs, true);
    if (watchers.size === 0) return;
    await new Promise<void>((resolve, reject) => {
      const stream = member.stream("watch", metadata);
      let over = false;
      let lastSignMs = 0;
      const end = (settle: () => void): void => {
        if (over) return;
        over = true;
        open = undefined;
        stopHeart();
        stream.cancel();
        settle();
      };
      const fail = (reason: unknown): void => end(() => reject(reason));
      const stopHeart = heartbeat(cluster, member, () => lastSignMs, fail);
      const talk = watchTalk({
        send: (request) => stream.write(request),
        fail,
        isOpen: () => !over,
        forgetToken: cluster.forgetToken,
        drop: (watcher) => watchers.delete(watcher),
        logger,
      });
      stream.on("error", fail);
      stream.on("end", () => fail(brokenOff("the watch stream ended")));
      stream.on("data", (response) => {
        if (over) return;
        lastSignMs = systemClock.now();
        cluster.heardTerm(response.header?.raft_term);
        if (response.created && !response.canceled) cluster.succeeded(member);
        talk.receive(response);
      });
      open = { talk, finish: () => end(resolve) };
      for (const watcher of watchers) talk.add(watcher);
    });
  }

  return {
    watch(watched) {
      const watcher: Watcher = { watched, next: watched.fromRevision, id: undefined, stopped: false, refused: false };
      watchers.add(watcher);
      open?.talk.add(watcher);
      if (!running) {
        running = true;
        void keepOpen();
      }
      return () => {
        watcher.stopped = true;
        if (!watchers.delete(watcher)) return;
        if (watchers.size === 0) open?.finish();
        else open?.talk.remove(watcher);
      };
    },
  };
}

/** Whether the event is a put, which the wire leaves out as the default, and no delete. */
export function isPut(event: IEvent): boolean {
  return String(event.type).toLowerCase() === "put";
}
