import type { Clock } from "@micro/core";
import type { WebSocket } from "ws";
import type { StreamSettings } from "./settings.ts";

export interface KeepAlive {
  /** Told of each message. */
  heard(): void;
  stop(): void;
}

/** Pings a WebSocket's peer, breaks with one that did not answer until the next ping, and ends a stream that is idle. */
export function keepAlive(socket: WebSocket, { idleMs, pingMs }: Required<StreamSettings>, clock: Clock): KeepAlive {
  let answered = true;
  let lastMs = clock.now();
  let cancel = clock.after(pingMs, look, { background: true });
  socket.on("pong", () => {
    answered = true;
  });

  function look(): void {
    if (socket.readyState !== socket.OPEN) return;
    // One that is kept waiting cannot be heard, which is no sign of its end.
    if (!answered && !socket.isPaused) {
      socket.terminate();
      return;
    }
    if (clock.now() - lastMs >= idleMs) {
      socket.close(1001, `no message for ${idleMs} ms`);
      return;
    }
    answered = false;
    socket.ping();
    cancel = clock.after(Math.min(pingMs, idleMs), look, { background: true });
  }

  return {
    heard() {
      lastMs = clock.now();
    },
    stop: () => cancel(),
  };
}
