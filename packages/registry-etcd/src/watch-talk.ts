import { type Logger, systemClock } from "@micro/core";
import type { IWatchRequest, IWatchResponse } from "etcd3";
import { brokenOff } from "./failure.ts";
import type { Watched } from "./watch-stream.ts";

/** A watcher as one stream after the other carries it. */
export interface Watcher {
  readonly watched: Watched;
  /** The next revision to ask for when a stream is opened again. */
  next: bigint;
  /** What etcd calls it on the stream that is open. */
  id: string | undefined;
  stopped: boolean;
  /** etcd did not let us watch the last time. */
  refused: boolean;
}

/** The stream as the talk sees it. */
export interface WatchLine {
  send(request: IWatchRequest): void;
  fail(reason: unknown): void;
  isOpen(): boolean;
  forgetToken(): void;
  /** Nothing more to do for this one. */
  drop(watcher: Watcher): void;
  logger: Logger;
}

/** What is said on one stream: etcd numbers the watchers and answers requests for new ones in their order. */
export interface WatchTalk {
  add(watcher: Watcher): void;
  remove(watcher: Watcher): void;
  receive(response: IWatchResponse): void;
}

const refusedPauseMs = 5_000;

export function watchTalk(line: WatchLine): WatchTalk {
  const asked: Watcher[] = [];
  const byId = new Map<string, Watcher>();

  function add(watcher: Watcher): void {
    const { key, rangeEnd } = watcher.watched;
    watcher.id = undefined;
    asked.push(watcher);
    line.send({
      create_request: { key, start_revision: String(watcher.next), ...(rangeEnd && { range_end: rangeEnd }) },
    });
  }

  function created(response: IWatchResponse): void {
    const watcher = asked.shift();
    if (!watcher) return;
    if (response.canceled && isZero(response.compact_revision)) {
      refused(watcher, response);
      return;
    }
    watcher.refused = false;
    if (watcher.stopped) {
      line.send({ cancel_request: { watch_id: response.watch_id } });
      return;
    }
    watcher.id = response.watch_id;
    byId.set(response.watch_id, watcher);
    watcher.watched.onContact?.(true);
  }

  // etcd 3.4 says "permission denied" for a token that has run out, too; so the first refusal is met with a new token.
  function refused(watcher: Watcher, { cancel_reason: cause }: IWatchResponse): void {
    const again = watcher.refused;
    watcher.refused = true;
    if (watcher.stopped) return;
    if (!again) {
      line.forgetToken();
      line.fail(brokenOff(`etcd refused a watch: ${cause || "no reason given"}`));
      return;
    }
    line.logger.error(`etcd does not let us watch ${watcher.watched.key}: ${cause}; asking again until it does`);
    systemClock.after(refusedPauseMs, () => line.isOpen() && !watcher.stopped && add(watcher), { background: true });
  }

  function canceled({ watch_id, compact_revision, cancel_reason }: IWatchResponse): void {
    const watcher = byId.get(watch_id);
    if (!watcher) return; // we asked for it
    byId.delete(watch_id);
    if (isZero(compact_revision)) {
      line.fail(brokenOff(`etcd cancelled a watch: ${cancel_reason}`));
      return;
    }
    line.logger.debug(`etcd compacted up to revision ${compact_revision} what was not seen yet; reading anew`);
    line.drop(watcher);
    watcher.stopped = true;
    watcher.watched.onGap();
  }

  return {
    add,
    remove(watcher) {
      if (watcher.id === undefined) return; // cancelled when its answer comes
      byId.delete(watcher.id);
      line.send({ cancel_request: { watch_id: watcher.id } });
    },
    receive(response) {
      if (response.created) created(response);
      if (response.canceled) {
        canceled(response);
        return;
      }
      const watcher = byId.get(response.watch_id);
      const last = response.events.at(-1);
      if (!watcher || !last) return;
      watcher.next = BigInt(last.kv.mod_revision) + 1n;
      watcher.watched.onEvents(response.events);
    },
  };
}

function isZero(revision: string): boolean {
  return revision === "0";
}
