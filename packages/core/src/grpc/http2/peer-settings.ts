import type { Connection } from "@micro/http2";
import type { OutgoingCall } from "../../protocol/protocol.ts";
import { callCancelled, deadlineExceeded, lostConnection } from "../failures.ts";

/**
 * Headers up to this size leave with the first bytes of a connection. Larger ones wait until the peer has said how much
 * it takes, since a peer that takes less may end the connection over them, and with it every other call.
 */
export const smallHeaderBytes: number = 16 * 1024;

/** Thrown where a call cannot begin before the peer has announced its settings; `known` rejects with what ends the call instead. */
export class SettingsAwaited extends Error {
  readonly known: Promise<void>;

  constructor(known: Promise<void>) {
    super("the peer has not announced its settings yet");
    this.known = known;
  }
}

/** Runs `begin` again when what it waited for has come; anything else that it threw goes to `fail`. */
export function beginLater(reason: unknown, begin: () => void, fail: (reason: unknown) => void): void {
  if (!(reason instanceof SettingsAwaited)) {
    fail(reason);
    return;
  }
  reason.known.then(() => {
    try {
      begin();
    } catch (next) {
      beginLater(next, begin, fail);
    }
  }, fail);
}

/** What is known of the settings of the connections to one address. */
export interface PeerSettings {
  /** Whether the peer has announced them, as far as this side can tell: true is never wrong. */
  known(connection: Connection): boolean;
  /** Resolves when it has. Rejects when the connection is lost, the call is over, or they do not come in time. */
  wait(connection: Connection, call: OutgoingCall): Promise<void>;
  /** To be told when a connection is over. */
  lost(connection: Connection): void;
}

/** `timeoutMs` is how long settings may take, connecting included. */
export function peerSettings(address: string, timeoutMs: number): PeerSettings {
  const heard = new WeakSet<Connection>();
  const waiting = new Map<Connection, Set<() => void>>();

  function tell(connection: Connection): void {
    const waiters = waiting.get(connection) ?? [];
    waiting.delete(connection);
    for (const waiter of waiters) waiter();
  }

  /** Settings are the first that a peer sends, so an answer to a ping comes after them. One does for all who wait. */
  function ask(connection: Connection): Set<() => void> {
    const waiters = new Set<() => void>();
    waiting.set(connection, waiters);
    connection.ping(() => {
      heard.add(connection);
      tell(connection);
    });
    return waiters;
  }

  function wait(connection: Connection, { deadline, signal, target }: OutgoingCall): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiters = waiting.get(connection) ?? ask(connection);
      const left = deadline - Date.now();
      const late = (): void => {
        if (left <= timeoutMs) settle(deadlineExceeded(target, address));
        else settle(lostConnection(address, `no HTTP/2 settings came within ${timeoutMs} ms`, true));
      };
      const timer = setTimeout(late, Math.min(left, timeoutMs));
      const aborted = (): void => settle(callCancelled());
      const told = (): void => {
        if (heard.has(connection)) settle();
        else settle(lostConnection(address, connection.error?.message ?? "the connection was closed", true));
      };
      function settle(failure?: Error): void {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
        waiters.delete(told);
        if (failure) reject(failure);
        else resolve();
      }
      waiters.add(told);
      signal?.addEventListener("abort", aborted, { once: true });
    });
  }

  return {
    known: (connection) =>
      connection.roundTripMs > 0 ||
      connection.peerSettings.maxHeaderListBytes !== Number.POSITIVE_INFINITY ||
      heard.has(connection),
    wait,
    lost: tell,
  };
}
