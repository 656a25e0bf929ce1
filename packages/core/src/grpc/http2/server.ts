import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { accept, type Connection, type HeaderList, type Stream } from "@micro/http2";
import type { Dispatcher, ProtocolServer, ServeOptions, ServerKeepalive } from "../../protocol/protocol.ts";
import { closeable, closeOnce } from "../../words/lifecycle.ts";
import { silentLogger } from "../../words/logger.ts";
import { recognisesHttp2 } from "../preface.ts";
import { readRequest } from "./request-head.ts";
import { ServedCall } from "./served-call.ts";

/** Serves gRPC, on `@micro/http2`, on connections that are handed to it. */
export function http2Server(dispatcher: Dispatcher, options: ServeOptions = {}): ProtocolServer {
  const { maxMessageBytes = 4 * 1024 * 1024, compression = "identity", logger = silentLogger } = options;
  const liveness = livenessOf(options.keepalive);
  const connections = new Set<Connection>();
  let allClosed: (() => void) | undefined;

  function take(socket: Duplex): void {
    const peer = peerOf(socket);
    const connection = accept(socket, {
      // go-micro's gateway forwards headers of HTTP/1.1, which others would refuse the call for.
      lenientHeaders: true,
      ...liveness,
      onStream: (stream, headers) => serve(stream, headers, peer),
      onClose(error) {
        if (error) logger.debug({ peer }, `gRPC connection ended: ${error.message}`);
        connections.delete(connection);
        if (connections.size === 0) allClosed?.();
      },
    });
    if (!connection.closed) connections.add(connection);
  }

  function serve(stream: Stream, headers: HeaderList, peer: string): void {
    const head = readRequest(headers, dispatcher, peer, compression);
    if ("refusal" in head) stream.respond(head.refusal, [], true);
    else stream.handler = new ServedCall(stream, head, dispatcher, peer, maxMessageBytes);
  }

  const drain = closeOnce(async () => {
    if (connections.size === 0) return;
    const ended = new Promise<void>((resolve) => {
      allClosed = resolve;
    });
    for (const connection of connections) connection.drain();
    await ended;
  });

  return {
    recognises: recognisesHttp2,
    accept: take,
    drain,
    ...closeable(
      closeOnce(() => {
        for (const connection of connections) connection.destroy();
      }),
    ),
  };
}

/** The settings as the engine calls them; what is not said keeps its default there. */
function livenessOf({ timeMs, timeoutMs, minTimeMs, permitWithoutCalls, ...ages }: ServerKeepalive = {}) {
  return {
    ...ages,
    ...(timeMs !== undefined && { keepAliveMs: timeMs }),
    ...(timeoutMs !== undefined && { keepAliveTimeoutMs: timeoutMs }),
    ...(minTimeMs !== undefined && { minPingMs: minTimeMs }),
    ...(permitWithoutCalls !== undefined && { pingsWithoutStreams: permitWithoutCalls }),
  };
}

function peerOf(socket: Duplex): string {
  if (!(socket instanceof Socket) || socket.remoteAddress === undefined) return "unknown";
  const { remoteAddress, remotePort } = socket;
  return remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}
