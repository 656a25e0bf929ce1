import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Upgrade } from "@micro/gateway";

/** The connections that asked for an upgrade, whatever became of them. */
export interface Upgraded {
  /** Cuts off those that are still there. */
  destroy(): void;
}

/**
 * Lets requests for an upgrade take the way of all others. One to WebSocket keeps its connection at hand, for a handler to
 * take over or to leave; what it answers instead is written like any other answer. An upgrade to anything else, such as the h2c
 * that some clients offer with every request, is read again as the plain request that it may be taken for (RFC 9110 §7.8).
 */
export function serveUpgrades(
  server: Server,
  respond: (request: IncomingMessage, response: ServerResponse, upgrade: Upgrade) => unknown,
): Upgraded {
  const sockets = new Set<Socket>();
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (!isWebSocket(request)) return readAgain(server, request, socket, head);
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once("finish", () => socket.end());
    // A broken connection ends in "close", which aborts what was done for it.
    socket.on("error", () => socket.destroy());
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    respond(request, response, { socket, head });
  });
  return {
    destroy() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.trim().toLowerCase() === "websocket";
}

/** Gives the connection back to the server with the same request on it, without its wish. */
function readAgain(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const { rawHeaders } = request;
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    const value = rawHeaders[at + 1] ?? "";
    if (/^(?:upgrade|http2-settings)$/i.test(name)) continue;
    lines.push(`${name}: ${/^connection$/i.test(name) ? withoutUpgrade(value) : value}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("encrypted" in socket ? "secureConnection" : "connection", socket);
}

function withoutUpgrade(connection: string): string {
  const kept = connection.split(",").filter((word) => !/^\s*(?:upgrade|http2-settings)\s*$/i.test(word));
  return kept.join(",") || "keep-alive";
}
