import type { Clock } from "@micro/core";
import { checkFaults, delayRange, type Faults, noFaults } from "./faults.ts";
import type { FleetNode } from "./node.ts";
import type { Random } from "./random.ts";
import type { Trace } from "./trace.ts";

/** One message from node to node. */
export interface Sent {
  readonly from: FleetNode;
  readonly to: FleetNode;
  /** For the trace: `#7 request User.Query`. */
  readonly what: string;
  /** Runs at the receiver; twice for a message that is duplicated. */
  arrive(): void;
  /** The connection breaks instead. Without it messages do not break connections. */
  reset?: () => void;
  /** Messages of one lane arrive in the order in which they were sent. */
  readonly lane?: Lane;
  /** Arrives at most once, since whoever sends it counts on order. @default false */
  readonly once?: boolean;
  /** Only delays and partitions hold for it. @default false */
  readonly reliable?: boolean;
  /** Waits for the end of a partition instead of being lost in it. @default false */
  readonly waits?: boolean;
  /** Told when a fault takes the message. */
  onLost?: () => void;
}

/** Keeps the order of messages. */
export interface Lane {
  lastAt: number;
  /** Nothing arrives any more. */
  silent: boolean;
  /** Messages after a lost one arrive; without it they are lost too, as on a connection. */
  readonly recovers: boolean;
}

export function lane(options: { recovers?: boolean } = {}): Lane {
  return { lastAt: 0, silent: false, recovers: options.recovers ?? false };
}

/** What joins the nodes. */
export interface Network {
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: Trace;
  /** Puts a message on its way, and lets the faults of the link decide. */
  send(message: Sent): void;
  /** Tells a node something about a connection, which never gets lost for itself: only partitions hold it up for ever. */
  signal(from: FleetNode, to: FleetNode, arrive: () => void): void;
  faultsOf(from: FleetNode, to: FleetNode): Faults;
  /** Nothing gets from one to the other. */
  blocked(from: FleetNode, to: FleetNode): boolean;
  setFaults(faults: Faults, holds: (from: FleetNode, to: FleetNode) => boolean): void;
  /** Cuts links; the answer mends them. */
  cut(holds: (from: FleetNode, to: FleetNode) => boolean): () => void;
  /** Mends all links that were cut. */
  heal(): void;
  /** Tells each time links were cut or mended; the answer stops that. */
  onChange(listener: () => void): () => void;
}

type Links = (from: FleetNode, to: FleetNode) => boolean;

export function createNetwork(clock: Clock, random: Random, trace: Trace): Network {
  let rules: { readonly faults: Faults; readonly holds: Links }[] = [];
  const cuts = new Set<Links>();
  const listeners = new Set<() => void>();

  const blocked = (from: FleetNode, to: FleetNode): boolean => {
    for (const holds of cuts) if (holds(from, to)) return true;
    return false;
  };
  const faultsOf = (from: FleetNode, to: FleetNode): Faults =>
    rules.findLast(({ holds }) => holds(from, to))?.faults ?? noFaults;
  const changed = (): void => {
    for (const listener of [...listeners]) listener();
  };

  function travel(message: Sent, faults: Faults, copy: string): void {
    const { from, to, what, lane: order } = message;
    const ms = random.between(...delayRange(faults));
    const at = Math.max(clock.now() + ms, order?.lastAt ?? 0);
    if (order) order.lastAt = at;
    trace.add(`${from.name} → ${to.name} ${what}${copy}, ${at - clock.now()} ms`);
    clock.after(at - clock.now(), () => {
      if (order?.silent) return;
      if (blocked(from, to) && !message.waits) lose(message, "lost in the partition");
      else to.deliver(message.arrive);
    });
  }

  function lose({ from, to, what, lane: order, onLost }: Sent, why: string): void {
    trace.add(`${from.name} → ${to.name} ${what}: ${why}`);
    if (order && !order.recovers) order.silent = true;
    onLost?.();
  }

  function sendLater(message: Sent): void {
    const { from, to, what } = message;
    trace.add(`${from.name} → ${to.name} ${what}: waits for the end of the partition`);
    const stop = onChange(() => {
      if (blocked(from, to)) return;
      stop();
      send(message);
    });
  }

  function onChange(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  function send(message: Sent): void {
    const { from, to, what, lane: order, reset, once = false, reliable = false } = message;
    if (from.state === "crashed" || order?.silent) return;
    const all = faultsOf(from, to);
    const faults: Faults = reliable ? { ...(all.delayMs !== undefined && { delayMs: all.delayMs }) } : all;
    if (blocked(from, to)) {
      if (message.waits) sendLater(message);
      else lose(message, "lost in the partition");
    } else if (random.chance(faults.dropRate ?? 0)) lose(message, "dropped");
    else if (reset && random.chance(faults.resetRate ?? 0)) {
      trace.add(`${from.name} → ${to.name} ${what}: the connection breaks`);
      reset();
    } else {
      travel(message, faults, "");
      if (!once && random.chance(faults.duplicateRate ?? 0)) travel(message, faults, " again");
    }
  }

  return {
    clock,
    random,
    trace,
    blocked,
    faultsOf,
    send,
    signal(from, to, arrive) {
      if (blocked(from, to)) return;
      clock.after(delayRange(faultsOf(from, to))[0], () => {
        if (!blocked(from, to)) to.deliver(arrive);
      });
    },
    setFaults(faults, holds) {
      checkFaults(faults);
      rules = [...rules, { faults, holds }];
    },
    cut(holds) {
      cuts.add(holds);
      changed();
      return () => {
        if (cuts.delete(holds)) changed();
      };
    },
    heal() {
      if (cuts.size === 0) return;
      cuts.clear();
      changed();
    },
    onChange,
  };
}
