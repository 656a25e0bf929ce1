import type { Duplex } from "node:stream";
import type { FramingTable } from "../codec/rpc/framings.ts";
import type { Dispatcher, Listening, ProtocolServer, ServeOptions } from "../protocol/protocol.ts";
import type { Socket, Transport, TransportListener } from "../transport/transport.ts";
import { closeable, closeOnce } from "../words/lifecycle.ts";
import { silentLogger } from "../words/logger.ts";
import type { MucpEventHandler } from "./events.ts";
import { messageLimits } from "./limits.ts";
import { type ServedSocket, type ServeParts, serveSocket } from "./serve-socket.ts";

export interface MucpServerOptions {
  readonly framings: FramingTable;
  readonly onEvent: MucpEventHandler | undefined;
  /** How long a connection may stay without a call, in milliseconds. */
  readonly serverIdleMs: number;
}

/** The serving half of mucp. */
export interface MucpServer extends ProtocolServer {
  /** Listens by itself, whether or not the transport has a part in the server's port. */
  listen(address: string): Promise<Listening>;
}

/** Serves mucp on the pipes of a transport. */
export function mucpServer(
  transport: Transport,
  dispatcher: Dispatcher,
  { framings, onEvent, serverIdleMs }: MucpServerOptions,
  { logger = silentLogger, maxMessageBytes }: ServeOptions = {},
): MucpServer {
  const served = new Set<ServedSocket>();
  const listeners = new Set<TransportListener>();
  let draining = false;
  let sweeper: NodeJS.Timeout | undefined;
  const limits = messageLimits("go.micro.server", maxMessageBytes);
  const takeEvent = onEvent ?? dispatcher.event;
  const parts: ServeParts = { limits, dispatcher, framings, onEvent: takeEvent, logger, isDraining: () => draining };

  function take(socket: Socket): void {
    const one = serveSocket(parts, socket);
    served.add(one);
    void socket.closed.then(() => served.delete(one));
    sweeper ??= setInterval(sweep, serverIdleMs / 2).unref();
  }

  /** Callers come and go without a word; go-micro keeps a connection for a minute. */
  function sweep(): void {
    const oldest = Date.now() - serverIdleMs;
    for (const { socket, inFlight, quietSince } of served) if (inFlight === 0 && quietSince < oldest) socket.close();
    if (served.size > 0) return;
    clearInterval(sweeper);
    sweeper = undefined;
  }

  async function drain(): Promise<void> {
    draining = true;
    await Promise.all([...listeners].map((listener) => listener.close()));
    const busy = [...served].filter(({ inFlight }) => inFlight > 0);
    await Promise.all(busy.map(quiet));
  }

  const close = closeOnce(async () => {
    clearInterval(sweeper);
    for (const { socket } of served) socket.abort();
    await Promise.all([...listeners].map((listener) => listener.close()));
  });

  return {
    recognises: (head) => transport.shared?.recognises(head) ?? false,
    accept(connection: Duplex) {
      if (!transport.shared) throw new TypeError(`the ${transport.name} transport has no part in a port`);
      take(transport.shared.accept(connection, limits.transport));
    },
    async listen(address) {
      const listener = await transport.listen(address, take, limits.transport);
      listeners.add(listener);
      return listener;
    },
    drain,
    ...closeable(close),
  };
}

function quiet(one: ServedSocket): Promise<void> {
  return new Promise((resolve) => {
    one.onQuiet = resolve;
    void one.socket.closed.then(() => resolve());
  });
}
