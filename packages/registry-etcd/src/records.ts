import { type Logger, MicroError, type ServiceRecord } from "@micro/core";
import type { IKeyValue } from "etcd3";
import type { EtcdCluster } from "./cluster.ts";
import { isOutOfRange } from "./failure.ts";
import { prefixEnd } from "./keys.ts";
import { recordDecoder } from "./record-decoder.ts";

/** Reads records, and skips what is none with one warning a key. */
export interface RecordReader {
  /** The record a key holds; undefined when it is none. */
  decode(kv: IKeyValue): ServiceRecord | undefined;
  /** All records under a prefix as they were at one revision. */
  read(prefix: string, options: { serializable: boolean }): Promise<Snapshot>;
}

export interface Snapshot {
  readonly revision: bigint;
  /** By key. */
  readonly records: Map<string, ServiceRecord>;
}

// Decoding a page of this size holds up the event loop for some 10 ms.
const pageSize = 1_000;
const maxWarned = 1_000;

export function recordReader(cluster: EtcdCluster, logger: Logger): RecordReader {
  const warned = new Set<string>();
  const decodeText = recordDecoder();

  function decode({ key, value }: IKeyValue): ServiceRecord | undefined {
    try {
      return decodeText(value.toString());
    } catch (reason) {
      warnOnce(key.toString(), reason);
      return undefined;
    }
  }

  function warnOnce(key: string, reason: unknown): void {
    if (warned.has(key)) return;
    if (warned.size >= maxWarned) warned.clear();
    warned.add(key);
    logger.warn(
      { key },
      `skipping ${key}, which holds no record: ${reason instanceof Error ? reason.message : reason}`,
    );
  }

  async function read(prefix: string, options: { serializable: boolean }): Promise<Snapshot> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await readPages(prefix, options);
      } catch (reason) {
        if (attempt >= 3 || !(reason instanceof MicroError && isOutOfRange(reason))) throw reason;
      }
    }
  }

  // All pages are read as of the revision of the first, so that together they are one moment. A compaction may forget
  // that revision meanwhile, and another member may not have it yet.
  async function readPages(prefix: string, { serializable }: { serializable: boolean }): Promise<Snapshot> {
    const records = new Map<string, ServiceRecord>();
    const range_end = prefixEnd(prefix);
    let key = Buffer.from(prefix);
    let revision = "0";
    for (;;) {
      const request = { key, range_end, limit: pageSize, revision };
      const page = await cluster.run(
        (member, { metadata, timeoutMs, stale }) =>
          member.unary("range", { ...request, serializable: serializable || stale }, metadata, timeoutMs),
        { staleOk: true },
      );
      if (revision === "0") revision = page.header.revision;
      for (const kv of page.kvs) {
        const record = decode(kv);
        if (record) records.set(kv.key.toString(), record);
      }
      const last = page.kvs.at(-1);
      if (!page.more || !last) return { revision: BigInt(revision), records };
      key = Buffer.concat([last.key, Buffer.of(0)]);
    }
  }

  return { decode, read };
}
