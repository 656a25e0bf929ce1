import type { Clock } from "../../words/clock.ts";
import { badRequest } from "../../words/errors.ts";
import type { Logger } from "../../words/logger.ts";
import type { RegisterOptions, ServiceRecord } from "../registry.ts";
import { errorId, type Instance, instanceOf } from "./instance.ts";
import type { Station } from "./station.ts";
import { announcement, assertFits, goodbye } from "./zone.ts";

/** Keeps the nodes that this process offers. */
export interface Registrar {
  register(record: ServiceRecord, options?: RegisterOptions): Promise<void>;
  deregister(record: ServiceRecord): Promise<void>;
  /** Takes back all that is still registered. */
  leave(): Promise<void>;
}

// After the first announcement, as go-micro repeats it: its watchers only listen, and packets get lost. The probes that
// go-micro sends before are left out: no peer answers them, and ids are unique without them.
const announceAgainMs = [1_000, 3_000];

export function createRegistrar(station: Station, clock: Clock, logger: Logger): Registrar {
  const { domain, zone } = station;
  const entries = new Map<string, Entry>();
  // Looking up a host takes time, in which a later call must not overtake an earlier one.
  let last: Promise<unknown> = Promise.resolve();
  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  }

  station.onLinked(() => {
    for (const instance of zone.values()) announceAgain(instance);
  });

  async function add(instance: Instance, ttlMs: number | undefined): Promise<void> {
    const known = entries.get(instance.name);
    const entry = known ?? { cancels: [], cancelTtl: undefined, release: station.hold() };
    entry.cancelTtl?.();
    entry.cancelTtl = undefined;
    if (endsAfter(ttlMs))
      entry.cancelTtl = clock.after(ttlMs, () => void inOrder(() => remove(instance.name)), { background: true });
    if (sameContent(zone.get(instance.name), instance)) return;
    zone.put(instance);
    entries.set(instance.name, entry);
    stopAnnouncing(entry);
    try {
      await station.tell(announcement(instance));
    } catch (reason) {
      if (!known) drop(instance.name);
      throw reason;
    }
    entry.cancels = announceAgainMs.map((ms) => clock.after(ms, () => announceAgain(instance), { background: true }));
  }

  function announceAgain(instance: Instance): void {
    station.tell(announcement(instance)).catch((reason: unknown) => {
      logger.debug({ instance: instance.name, reason }, "mDNS could not repeat an announcement");
    });
  }

  async function remove(name: string): Promise<void> {
    const instance = drop(name);
    if (!instance) return;
    // The node is gone once nothing answers for it. The farewell only spares watchers the wait for their next query.
    await station.tell(goodbye(instance)).catch((reason: unknown) => {
      logger.debug({ instance: name, reason }, "mDNS could not say that a node is gone");
    });
  }

  function drop(name: string): Instance | undefined {
    const instance = zone.get(name);
    const entry = entries.get(name);
    zone.delete(name);
    entries.delete(name);
    if (entry) stopAnnouncing(entry);
    entry?.cancelTtl?.();
    entry?.release();
    return instance;
  }

  return {
    register: (record, { ttlMs } = {}) =>
      inOrder(async () => {
        station.assertOpen();
        if (record.nodes.length === 0)
          throw badRequest(errorId, `cannot register service ${record.name} without nodes`);
        // All or none: a node that cannot be carried is found before the first is announced.
        const instances = await Promise.all(record.nodes.map((node) => instanceOf(record, node, domain)));
        for (const instance of instances) assertFits(instance, domain);
        station.assertOpen();
        await station.listen();
        await Promise.all(instances.map((instance) => add(instance, ttlMs)));
      }),
    deregister: (record) =>
      inOrder(async () => {
        station.assertOpen();
        await Promise.all(record.nodes.map((node) => remove(`${node.id}.${record.name}.${domain}`)));
      }),
    leave: () => inOrder(async () => void (await Promise.all([...entries.keys()].map(remove)))),
  };
}

interface Entry {
  cancels: (() => void)[];
  cancelTtl: (() => void) | undefined;
  /** Lets the process end. */
  readonly release: () => void;
}

// Go means "for ever" by 0, and Node's timers fire at once when they are set further ahead than this.
function endsAfter(ttlMs: number | undefined): ttlMs is number {
  return ttlMs !== undefined && ttlMs > 0 && ttlMs < 2 ** 31;
}

function stopAnnouncing(entry: Entry): void {
  for (const cancel of entry.cancels) cancel();
  entry.cancels = [];
}

function sameContent(a: Instance | undefined, b: Instance): boolean {
  return a !== undefined && a.port === b.port && a.text.join("") === b.text.join("") && same(a.address, b.address);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
