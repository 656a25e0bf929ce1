import type { Socket } from "node:net";

const controllers = new WeakMap<Socket, AbortController>();

/**
 * A signal that is aborted when the peer's connection closes, so that calls made for it are cancelled. There is one a
 * connection and not one a request: making them is a good part of what a small request costs.
 */
export function peerSignal(socket: Socket): AbortSignal {
  const known = controllers.get(socket);
  if (known) return known.signal;
  const controller = new AbortController();
  controllers.set(socket, controller);
  if (socket.destroyed) controller.abort();
  else socket.once("close", () => controller.abort());
  return controller.signal;
}
