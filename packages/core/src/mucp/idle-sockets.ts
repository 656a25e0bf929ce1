import type { Socket } from "../transport/transport.ts";

/** Connections between two calls. */
export interface IdleSockets {
  /** The one used last, and no longer in here; undefined when none is usable. */
  take(): Socket | undefined;
  /** Keeps one for another call, or closes it when there are enough. */
  put(socket: Socket): void;
  /** Closes all. */
  close(): void;
}

/** Keeps up to `max` connections for `idleMs` milliseconds each after their last call. */
export function idleSockets({ max, idleMs }: { max: number; idleMs: number }): IdleSockets {
  let idle: { readonly socket: Socket; readonly since: number }[] = [];
  let sweeper: NodeJS.Timeout | undefined;
  let isClosed = false;

  function sweep(): void {
    const oldest = Date.now() - idleMs;
    for (const { socket, since } of idle) if (since <= oldest || socket.isClosed) socket.close();
    idle = idle.filter(({ socket }) => !socket.isClosed);
    sweeper = idle.length > 0 ? setTimeout(sweep, idleMs / 2).unref() : undefined;
  }

  return {
    take() {
      for (let last = idle.pop(); last; last = idle.pop()) {
        const { socket } = last;
        // A message that nobody asked for belongs to no call: whatever came next would be taken for an answer.
        if (!socket.isClosed && socket.arrived === 0) return socket;
        socket.abort();
      }
      return undefined;
    },
    put(socket) {
      if (isClosed || socket.isClosed || idle.length >= max) return socket.close();
      idle.push({ socket, since: Date.now() });
      sweeper ??= setTimeout(sweep, idleMs / 2).unref();
    },
    close() {
      isClosed = true;
      clearTimeout(sweeper);
      for (const { socket } of idle) socket.close();
      idle = [];
    },
  };
}
