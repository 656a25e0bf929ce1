import { type Lane, lane, type Network } from "../network.ts";
import type { FleetNode } from "../node.ts";
import type { SimulatedServer } from "./server.ts";

/** A connection as both ends have it. */
export interface Pipe {
  readonly caller: FleetNode;
  readonly server: SimulatedServer;
  /** The caller knows nothing that speaks against another call on it. */
  usable: boolean;
  /** Calls that the caller waits for. */
  readonly exchanges: Set<Exchange>;
  /** How many messages have come back on it. */
  replies: number;
  /** Somebody looks whether the server is still there. */
  watched: boolean;
}

/** One call on a connection. */
export interface Exchange {
  /** For the trace: `#7`. */
  readonly id: string;
  readonly pipe: Pipe;
  /** The server has sent its last. */
  answered: boolean;
  toServer(what: string, arrive: () => void, options?: { once?: boolean }): void;
  toCaller(what: string, arrive: () => void, options?: { once?: boolean }): void;
  /** The connection broke, told at the end in question. */
  callerLost(why: string): void;
  serverLost(): void;
}

/** Who ended a connection: one of its ends, or something between them. */
export type BrokenBy = "caller" | "server" | "network";

/** Ends a connection. Each end hears of it as soon as a message could get there. */
export function breakPipe(network: Network, pipe: Pipe, by: BrokenBy, why: string): void {
  const { caller, server } = pipe;
  if (by !== "caller") {
    network.signal(server.node, caller, () => {
      pipe.usable = false;
      // What the server had sent before it closed the connection arrives before the end does.
      for (const exchange of [...pipe.exchanges]) if (by === "network" || !exchange.answered) exchange.callerLost(why);
    });
  }
  if (by !== "server") {
    network.signal(caller, server.node, () => {
      for (const exchange of [...pipe.exchanges]) exchange.serverLost();
    });
  }
}

export function openExchange(
  network: Network,
  pipe: Pipe,
  id: string,
  onCallerLost: (why: string) => void,
): Exchange & { onServerLost: (() => void)[] } {
  const { caller, server } = pipe;
  const there: Lane = lane();
  const back: Lane = lane();
  const reset = (): void => breakPipe(network, pipe, "network", "the connection was reset");
  const onServerLost: (() => void)[] = [];
  return {
    id,
    pipe,
    answered: false,
    onServerLost,
    toServer(what, arrive, options) {
      network.send({ from: caller, to: server.node, what: `${id} ${what}`, arrive, reset, lane: there, ...options });
      // The machine goes on when the process is gone, and says so.
      if (server.node.state === "crashed" && !network.blocked(caller, server.node))
        breakPipe(network, pipe, "server", "the connection was reset by the peer");
    },
    toCaller(what, arrive, options) {
      const heard = (): void => {
        pipe.replies++;
        arrive();
      };
      network.send({
        from: server.node,
        to: caller,
        what: `${id} ${what}`,
        arrive: heard,
        reset,
        lane: back,
        ...options,
      });
    },
    callerLost: onCallerLost,
    serverLost() {
      for (const tell of onServerLost) tell();
    },
  };
}
