import { type Backoff, backoffMs } from "../words/backoff.ts";
import type { Clock } from "../words/clock.ts";
import { MicroError, unavailable } from "../words/errors.ts";
import { brokerId } from "./checks.ts";

/**
 * What became of handing one item to one member: `taken`; `refused`, to be tried again after a pause; `gone`, the member
 * takes nothing any more; `unreachable`, and why, so that the member rests for a while; or the error for which the item is
 * given up.
 */
export type Outcome = "taken" | "refused" | "gone" | { readonly unreachable: string } | MicroError;

/** One who takes items from a lane. */
export interface Member<T> {
  readonly id: string;
  /** How many items it is handed at once. */
  readonly slots: number;
  /** Never rejects. */
  deliver(item: T): Promise<Outcome>;
}

export interface LaneOptions<T> {
  /** Who waits at its end, for errors: `queue mail of topic greeted`. */
  readonly name: string;
  /** How many items may wait before `put` does. */
  readonly maxWaiting: number;
  /** How long an item is tried again, and how long a lane holds its items while nobody takes any, in milliseconds. */
  readonly retryMs: number;
  readonly clock: Clock;
  /** Told of items that are given up, never none. */
  onLost(error: MicroError, items: readonly T[]): void;
  /** Told when a member that could be reached no longer can. */
  onTrouble?(memberId: string, why: string): void;
  /** Called when the last member has gone. */
  onDeserted?(): void;
  /** Called when all items have been dealt with. */
  onIdle?(): void;
}

/** Items waiting in order for the first of several members that is free: each goes to one of them. */
export interface Lane<T> {
  /**
   * Takes an item: at once, without a promise, while there is room; else the promise resolves when there is. While no
   * member can be reached a full lane does not hold up its publishers: the item is given up.
   * Rejects with the signal's reason.
   */
  put(item: T, signal: () => AbortSignal): void | Promise<void>;
  /** Adds a member, or takes the place of the one with its id. */
  add(member: Member<T>): void;
  /** Hands the member nothing more; what it has, it keeps. */
  remove(id: string): void;
  readonly members: ReadonlyMap<string, Member<T>>;
  readonly idle: boolean;
  /** Takes nothing more and drops what waits, which is lost when there is an error to say so. */
  end(error?: MicroError): void;
}

interface Entry<T> {
  readonly item: T;
  refusals: number;
  firstRefusedMs: number;
}

interface Seat<T> {
  readonly member: Member<T>;
  running: number;
  failures: number;
  resting: (() => void) | undefined;
}

/** A lane without members. */
export function lane<T>(options: LaneOptions<T>): Lane<T> {
  const { name, maxWaiting, retryMs, clock, onLost } = options;
  const seats = new Map<string, Seat<T>>();
  const members = new Map<string, Member<T>>();
  const held = new Map<Entry<T>, () => void>();
  let waiting: Entry<T>[] = [];
  let putters: { enter: () => void }[] = [];
  let running = 0;
  let failingSinceMs: number | undefined;
  let stopExpiry: (() => void) | undefined;
  let ended: { error: MicroError | undefined } | undefined;

  /** Hands out what there is to whoever is free, the least busy first and in turn among equals. */
  function pump(): void {
    while (waiting.length > 0) {
      const seat = freeSeat();
      if (!seat) break;
      const entry = waiting.shift();
      if (entry) void hand(entry, seat);
    }
    admit();
  }

  const idle = (): boolean => waiting.length === 0 && running === 0 && held.size === 0;

  function freeSeat(): Seat<T> | undefined {
    let best: Seat<T> | undefined;
    for (const seat of seats.values()) {
      if (seat.resting || seat.running >= seat.member.slots) continue;
      if (!best || seat.running < best.running) best = seat;
    }
    if (best) {
      // To the end, so that equals take turns.
      seats.delete(best.member.id);
      seats.set(best.member.id, best);
    }
    return best;
  }

  async function hand(entry: Entry<T>, seat: Seat<T>): Promise<void> {
    running++;
    seat.running++;
    const outcome = await seat.member.deliver(entry.item);
    running--;
    seat.running--;
    if (ended) dropEnded(outcome, entry);
    else if (isUnreachable(outcome)) rest(entry, seat, outcome.unreachable);
    else if (outcome === "gone") {
      waiting.unshift(entry);
      if (seats.get(seat.member.id) === seat) remove(seat.member.id);
    } else {
      seat.failures = 0;
      failingSinceMs = undefined;
      if (outcome === "refused") holdBack(entry);
      else if (outcome !== "taken") onLost(outcome, [entry.item]);
    }
    pump();
    if (!ended && idle()) options.onIdle?.();
  }

  function dropEnded(outcome: Outcome, { item }: Entry<T>): void {
    const error = outcome instanceof MicroError ? outcome : ended?.error;
    if (outcome !== "taken" && error) onLost(error, [item]);
  }

  /** The item keeps its place; the member is left alone for a growing time. */
  function rest(entry: Entry<T>, seat: Seat<T>, why: string): void {
    waiting.unshift(entry);
    if (seats.get(seat.member.id) !== seat) return;
    if (seat.failures === 0) options.onTrouble?.(seat.member.id, why);
    failingSinceMs ??= clock.now();
    if (clock.now() - failingSinceMs >= retryMs) {
      giveUpAll(`could not be reached for ${retryMs} ms: ${why}`);
      return;
    }
    const resume = (): void => {
      seat.resting = undefined;
      pump();
    };
    seat.resting = clock.after(backoffMs(++seat.failures, pauses), resume, { background: true });
    if (unreachable()) dropPutters();
  }

  /** Others go first: one bad message must not hold up the rest. */
  function holdBack(entry: Entry<T>): void {
    if (entry.refusals++ === 0) entry.firstRefusedMs = clock.now();
    if (clock.now() - entry.firstRefusedMs >= retryMs) {
      onLost(unavailable(brokerId, `${name} did not acknowledge the message in ${entry.refusals} attempts`), [
        entry.item,
      ]);
      return;
    }
    const again = (): void => {
      held.delete(entry);
      waiting.unshift(entry);
      pump();
    };
    held.set(entry, clock.after(backoffMs(entry.refusals, pauses), again, { background: true }));
  }

  const unreachable = (): boolean => [...seats.values()].every((seat) => seat.resting);

  const hasRoom = (): boolean => waiting.length + held.size < maxWaiting;

  function admit(): void {
    while (putters.length > 0 && hasRoom()) putters.shift()?.enter();
  }

  function dropPutters(): void {
    const all = putters;
    putters = [];
    for (const putter of all) putter.enter();
  }

  function push(item: T): void {
    if (ended) {
      if (ended.error) onLost(ended.error, [item]);
    } else if (hasRoom()) waiting.push({ item, refusals: 0, firstRefusedMs: 0 });
    else
      onLost(unavailable(brokerId, `${name} cannot be reached and ${maxWaiting} messages wait for it already`), [item]);
  }

  function giveUpAll(why: string): void {
    failingSinceMs = undefined;
    drop(unavailable(brokerId, `${name} ${why}`));
    if (idle()) options.onIdle?.();
  }

  function drop(error: MicroError | undefined): void {
    const all = [...held.keys(), ...waiting];
    for (const stop of held.values()) stop();
    held.clear();
    waiting = [];
    const items = all.map((entry) => entry.item);
    if (error && items.length > 0) onLost(error, items);
    pump();
  }

  function remove(memberId: string): void {
    seats.get(memberId)?.resting?.();
    seats.delete(memberId);
    members.delete(memberId);
    if (seats.size > 0) return;
    dropPutters();
    const expire = (): void => giveUpAll(`had no subscriber for ${retryMs} ms`);
    if (!ended) stopExpiry ??= clock.after(retryMs, expire, { background: true });
    options.onDeserted?.();
  }

  return {
    members,
    put(item, signal) {
      if (putters.length === 0 && (hasRoom() || unreachable())) {
        push(item);
        pump();
        return;
      }
      return new Promise((resolve, reject) => {
        const giveUp = signal();
        if (giveUp.aborted) return reject(giveUp.reason);
        const onAbort = (): void => {
          putters = putters.filter((other) => other !== putter);
          reject(giveUp.reason);
        };
        const putter = {
          enter() {
            giveUp.removeEventListener("abort", onAbort);
            push(item);
            resolve();
            if (seats.size > 0) queueMicrotask(pump);
          },
        };
        giveUp.addEventListener("abort", onAbort, { once: true });
        putters.push(putter);
      });
    },
    add(member) {
      stopExpiry?.();
      stopExpiry = undefined;
      seats.get(member.id)?.resting?.();
      seats.set(member.id, { member, running: 0, failures: 0, resting: undefined });
      members.set(member.id, member);
      pump();
    },
    remove,
    get idle() {
      return idle();
    },
    end(error) {
      ended = { error };
      stopExpiry?.();
      for (const seat of seats.values()) seat.resting?.();
      seats.clear();
      members.clear();
      drop(error);
      dropPutters();
    },
  };
}

function isUnreachable(outcome: Outcome): outcome is { readonly unreachable: string } {
  return typeof outcome === "object" && !(outcome instanceof MicroError);
}

const pauses: Backoff = { baseMs: 100, maxMs: 5_000 };
