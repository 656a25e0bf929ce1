import {
  backoffMs,
  encodeRecord,
  type FeedWriter,
  feed,
  groupByVersion,
  type Logger,
  MicroError,
  type RegistryEvent,
  type ServiceRecord,
  sleep,
  systemClock,
  type WatchOptions,
} from "@micro/core";
import type { IEvent } from "etcd3";
import { afterReady } from "./after-ready.ts";
import { closedError } from "./cluster.ts";
import { prefixEnd, rootKey, serviceKey } from "./keys.ts";
import type { RecordReader } from "./records.ts";
import { isPut, type WatchStream } from "./watch-stream.ts";

export interface ViewParts {
  readonly reader: RecordReader;
  readonly stream: WatchStream;
  /** Aborted when the registry closes. */
  readonly closing: AbortSignal;
  readonly logger: Logger;
}

/** One watch: reads all records at one revision and follows what comes after it, so that nothing falls between. */
export function view(parts: ViewParts, options: WatchOptions): AsyncIterable<RegistryEvent> {
  return {
    [Symbol.asyncIterator]() {
      const leaving = new AbortController();
      const ending = AbortSignal.any([parts.closing, leaving.signal, ...(options.signal ? [options.signal] : [])]);
      const followed = follow(parts, options, ending);
      const events = feed({
        snapshot: followed.snapshot,
        connect(writer) {
          followed.tell(writer);
          return () => leaving.abort();
        },
        signal: ending,
      });
      return afterReady(async () => {
        if (parts.closing.aborted) throw closedError();
        await followed.load();
      }, events[Symbol.asyncIterator]());
    },
  };
}

interface Followed {
  /** Reads and starts to follow; resolves when both are done, or the watch has ended. */
  load(): Promise<void>;
  snapshot(): readonly ServiceRecord[];
  /** Where changes go. */
  tell(writer: FeedWriter): void;
}

const pauses = { baseMs: 100, maxMs: 1_000 };
const refusedPauseMs = 5_000;

function follow(
  { reader, stream, logger }: ViewParts,
  { service, onContact }: WatchOptions,
  ending: AbortSignal,
): Followed {
  const prefix = service === undefined ? rootKey : serviceKey(service);
  let records = new Map<string, ServiceRecord>();
  let writer: FeedWriter | undefined;
  let stop: () => void = () => undefined;
  let inTouch = true;
  ending.addEventListener("abort", () => stop(), { once: true });

  function contact(isInTouch: boolean): void {
    if (isInTouch === inTouch || ending.aborted) return;
    inTouch = isInTouch;
    onContact?.(inTouch);
  }

  async function load(): Promise<void> {
    for (let failures = 1; !ending.aborted; failures++) {
      try {
        const { revision, records: found } = await reader.read(prefix, { serializable: false });
        if (ending.aborted) return;
        // Names that differ only in `/` and `-` share a prefix.
        records = new Map([...found].filter(([, record]) => isWatched(record)));
        contact(true);
        const key = Buffer.from(prefix);
        const fromRevision = revision + 1n;
        stop = stream.watch({ key, rangeEnd: prefixEnd(prefix), fromRevision, onEvents, onGap, onContact: contact });
        return;
      } catch (reason) {
        contact(false);
        // An etcd that is away is reported by the cluster, once; what it refuses is for people to put right.
        const away = reason instanceof MicroError && reason.code === 503;
        if (!away && !ending.aborted)
          logger.error({ reason }, `cannot watch ${prefix}: ${detailOf(reason)}; trying again`);
        await sleep(systemClock, away ? backoffMs(failures, pauses) : refusedPauseMs, ending).catch(() => undefined); // looked at above
      }
    }
  }

  function onGap(): void {
    contact(false);
    void load().then(() => writer?.resync());
  }

  function onEvents(events: readonly IEvent[]): void {
    for (const event of events) {
      const key = event.kv.key.toString();
      const old = records.get(key);
      const found = isPut(event) ? reader.decode(event.kv) : undefined;
      const record = found && isWatched(found) ? found : undefined;
      if (record) records.set(key, record);
      else records.delete(key);
      tellOf(old, record);
    }
  }

  function tellOf(old: ServiceRecord | undefined, record: ServiceRecord | undefined): void {
    // A put that was repeated because its answer got lost, or to move the key to another lease.
    if (old && record && encodeRecord(old) === encodeRecord(record)) return;
    const moved = old && record && (old.name !== record.name || old.version !== record.version);
    // Readers keep nodes by version: the node under its old one would stay for ever.
    if (old && (!record || moved)) writer?.push({ type: "delete", record: old });
    if (record) writer?.push({ type: old && !moved ? "update" : "create", record });
  }

  function isWatched(record: ServiceRecord): boolean {
    return service === undefined || record.name === service;
  }

  return {
    load,
    snapshot: () => groupByVersion(records.values()),
    tell(to) {
      writer = to;
    },
  };
}

function detailOf(reason: unknown): string {
  return reason instanceof MicroError ? reason.detail : String(reason);
}
