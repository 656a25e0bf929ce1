import type { Clock } from "../../words/clock.ts";
import type { RegistryEvent, ServiceRecord } from "../registry.ts";
import { groupByVersion } from "../versions.ts";
import type { Sighting } from "./sightings.ts";

/** What one watch knows, and how sightings change it. */
export interface Presence {
  sighted(sighting: Sighting): void;
  /** All that is known. */
  records(): ServiceRecord[];
  /** Names of services that have nodes. */
  services(): Set<string>;
  /** Begins to note who is sighted. */
  beginRound(): void;
  /** Instances not sighted in this round so far. */
  unsighted(): string[];
  /** Deletes who was not sighted in this round nor in the one before. */
  endRound(): void;
}

export interface PresenceOptions {
  readonly clock: Clock;
  /** Whether an instance name is within what is watched. */
  readonly watches: (name: string) => boolean;
  /** Told of each change. */
  readonly emit: (event: RegistryEvent) => void;
  /** Asks for one instance. */
  readonly verify: (name: string) => void;
  /** Called once, when there are more instances than are kept. */
  readonly overflow: (limit: number) => void;
}

// Packets of one node come through several sockets, so one sent before a change may be read after it. For this long
// what was replaced or taken back is not believed; if somebody still claims it, the node itself is asked then.
const doubtMs = 500;
const missesUntilDeleted = 2;
const maxInstances = 10_000;

export function createPresence({ clock, watches, emit, verify, overflow }: PresenceOptions): Presence {
  const known = new Map<string, Entry>();
  const doubts = new Map<string, { claimed: boolean }>();
  let overflowed = false;

  function here(name: string, record: ServiceRecord, content: string): void {
    const doubt = doubts.get(name) ?? doubts.get(keyOf(name, content));
    if (doubt) {
      doubt.claimed = true;
      return;
    }
    const before = known.get(name);
    if (!before && known.size >= maxInstances) {
      if (!overflowed) overflow(maxInstances);
      overflowed = true;
      return;
    }
    known.set(name, { record, content, misses: 0, sighted: true });
    if (!before) emit({ type: "create", record });
    else if (before.content !== content) {
      raise(name, keyOf(name, before.content));
      emit({ type: "update", record });
    }
  }

  function gone(name: string): void {
    remove(name);
    raise(name, name);
  }

  function raise(name: string, key: string): void {
    if (doubts.has(key) || doubts.size >= maxInstances) return;
    const doubt = { claimed: false };
    doubts.set(key, doubt);
    const settle = (): void => {
      doubts.delete(key);
      if (doubt.claimed) verify(name);
    };
    clock.after(doubtMs, settle, { background: true });
  }

  function remove(name: string): void {
    const entry = known.get(name);
    if (entry && known.delete(name)) emit({ type: "delete", record: entry.record });
  }

  return {
    sighted(sighting) {
      if (sighting.kind === "service" || !watches(sighting.name)) return;
      if (sighting.kind === "gone") gone(sighting.name);
      else here(sighting.name, sighting.record, sighting.content);
    },
    records: () => groupByVersion([...known.values()].map(({ record }) => record)),
    services: () => new Set([...known.values()].map(({ record }) => record.name)),
    beginRound() {
      for (const entry of known.values()) entry.sighted = false;
    },
    unsighted: () => [...known].filter(([, entry]) => !entry.sighted).map(([name]) => name),
    endRound() {
      for (const [name, entry] of known) {
        if (!entry.sighted && ++entry.misses >= missesUntilDeleted) remove(name);
      }
    },
  };
}

interface Entry {
  readonly record: ServiceRecord;
  readonly content: string;
  /** Rounds in a row in which it was not sighted. */
  misses: number;
  sighted: boolean;
}

function keyOf(name: string, content: string): string {
  return `${name}\n${content}`;
}
