import type { Network } from "../network.ts";
import type { Pipe } from "./pipe.ts";

/** How long a server may be silent while it owes an answer, and how long it has when asked; in milliseconds. */
export interface ProbeOptions {
  readonly probeMs: number;
  readonly probeTimeoutMs: number;
}

// As often as core's gRPC client asks between two replies.
const probesBetweenReplies = 2;

/**
 * Asks the server of a connection for a sign of life where a call has heard nothing for long, as core's gRPC client
 * does, and gives the connection up with its calls when there is none. Ends with the last call on the connection.
 */
export function watchOver(network: Network, pipe: Pipe, { probeMs, probeTimeoutMs }: ProbeOptions): void {
  if (pipe.watched || probeMs === 0) return;
  pipe.watched = true;
  const { caller, server } = pipe;
  const { clock } = caller;
  let since = clock.now();
  let left = probesBetweenReplies;
  let replies = pipe.replies;

  function look(): void {
    if (pipe.exchanges.size === 0 || !pipe.usable) {
      pipe.watched = false;
      return;
    }
    if (pipe.replies !== replies) {
      replies = pipe.replies;
      since = clock.now();
      left = probesBetweenReplies;
    }
    const waitMs = since + probeMs - clock.now();
    if (waitMs > 0 || left === 0) clock.after(Math.max(waitMs, probeMs / 4), look);
    else ask();
  }

  function ask(): void {
    left--;
    let answered = false;
    network.signal(caller, server.node, () =>
      network.signal(server.node, caller, () => {
        answered = true;
      }),
    );
    clock.after(probeTimeoutMs, () => {
      since = clock.now();
      if (answered || pipe.replies !== replies) look();
      else giveUp();
    });
  }

  function giveUp(): void {
    const why = `the peer has given no sign of life for ${probeTimeoutMs} ms`;
    network.trace.add(`${caller.name} → ${server.node.name}: ${why}`);
    pipe.usable = false;
    pipe.watched = false;
    for (const exchange of [...pipe.exchanges]) exchange.callerLost(why);
  }

  look();
}
