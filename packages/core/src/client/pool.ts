import type { Connection, ConnectOptions, Protocol } from "../protocol/protocol.ts";
import type { Clock } from "../words/clock.ts";
import { type Closeable, closeable, closeOnce } from "../words/lifecycle.ts";

export interface Pool extends Closeable {
  /** The connection to an address, made at the first asking. */
  connection(protocol: Protocol, address: string): Connection;
}

export interface PoolOptions extends ConnectOptions {
  clock: Clock;
  /** How long an unused connection is kept, in milliseconds. */
  idleMs: number;
  /** How many connections are kept; beyond it the least recently used is closed. */
  maxConnections: number;
}

/** Keeps one `Connection` a protocol and address. Those unused for `idleMs` are closed; calls in flight finish first. */
export function connectionPool({ clock, idleMs, maxConnections, ...connectOptions }: PoolOptions): Pool {
  const entries = new Map<Protocol, Map<string, Entry>>();
  let size = 0;
  let cancelSweep: (() => void) | undefined;

  function open(protocol: Protocol, address: string): Entry {
    let byAddress = entries.get(protocol);
    if (!byAddress) {
      byAddress = new Map();
      entries.set(protocol, byAddress);
    }
    if (size >= maxConnections) evictOldest();
    const entry = { connection: protocol.connect(address, connectOptions), usedAt: clock.now() };
    byAddress.set(address, entry);
    size++;
    cancelSweep ??= clock.after(idleMs, sweep, { background: true });
    return entry;
  }

  function sweep(): void {
    const oldest = clock.now() - idleMs;
    for (const byAddress of entries.values()) {
      for (const [address, entry] of byAddress) if (entry.usedAt < oldest) remove(byAddress, address, entry);
    }
    cancelSweep = size > 0 ? clock.after(idleMs / 2, sweep, { background: true }) : undefined;
  }

  function evictOldest(): void {
    let found: { byAddress: Map<string, Entry>; address: string; entry: Entry } | undefined;
    for (const byAddress of entries.values()) {
      for (const [address, entry] of byAddress) {
        if (!found || entry.usedAt < found.entry.usedAt) found = { byAddress, address, entry };
      }
    }
    if (found) remove(found.byAddress, found.address, found.entry);
  }

  function remove(byAddress: Map<string, Entry>, address: string, entry: Entry): void {
    byAddress.delete(address);
    size--;
    void entry.connection.close();
  }

  return {
    connection(protocol, address) {
      const entry = entries.get(protocol)?.get(address) ?? open(protocol, address);
      entry.usedAt = clock.now();
      return entry.connection;
    },
    ...closeable(
      closeOnce(async () => {
        cancelSweep?.();
        const all = [...entries.values()].flatMap((byAddress) => [...byAddress.values()]);
        entries.clear();
        size = 0;
        await Promise.all(all.map((entry) => entry.connection.close()));
      }),
    ),
  };
}

interface Entry {
  readonly connection: Connection;
  usedAt: number;
}
