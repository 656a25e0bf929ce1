import { badRequest, type Client, type Clock, MicroError } from "@micro/core";
import type { WebSocket } from "ws";
import { callMetadata } from "../call-metadata.ts";
import { callTypeOf } from "../call-type.ts";
import { gatewayId } from "../gateway-id.ts";
import type { Handler } from "../handler.ts";
import { type GatewayRequest, type HttpAnswer, headerOf, type Upgrade } from "../message.ts";
import { changedReply, type MessageSettings, rpcMessage } from "../rpc-handler.ts";
import { closeCode, closeReason } from "./close-code.ts";
import { type Inbox, inbox } from "./inbox.ts";
import { keepAlive } from "./keep-alive.ts";
import { preparedStreams } from "./prepared-streams.ts";
import type { StreamSettings } from "./settings.ts";

/**
 * Puts a stream of a service on a WebSocket: each frame is a message, each message a frame, text for JSON and binary for
 * protobuf, which is spoken when the request's type or the subprotocol `binary` says so. What stands in query and path is the first
 * message, when there is anything.
 *
 * An empty text frame, which is neither JSON nor a message of protobuf's, ends the peer's messages and nothing else: WebSocket has no way
 * to close one direction, and an endpoint that answers once it has them all waits for that. A message after it is 1008.
 *
 * The call is cancelled when the peer leaves. When the service is done the peer gets 1000, when it failed 1011 with the
 * error, when the gateway closes or nothing was said for too long 1001, when a message was too large 1009.
 */
export function webSocketHandler(
  client: Client,
  streams: Required<StreamSettings>,
  settings: MessageSettings,
  clock: Clock,
): Handler {
  const streamOf = preparedStreams(client);
  return async (request, route, { timeoutMs, timeoutAsked = false }) => {
    const { upgrade } = request;
    if (!upgrade) throw new MicroError(gatewayId, 426, `${route.endpoint} was not asked for by a WebSocket`);
    const asked = callTypeOf(headerOf(request, "content-type"));
    const binary = asked.kind === "protobuf" || offered(request)[0] === "binary";
    const type = callTypeOf(binary ? "application/grpc+proto" : "application/json");
    const first = binary ? undefined : await rpcMessage(request, route, type, settings);
    const stream = streamOf(route, type.call);
    const socket = await handshake(request, upgrade, streams.maxMessageBytes);

    const leaving = new AbortController();
    const alive = keepAlive(socket, streams, clock);
    const messages = incoming(socket, alive.heard);
    if (first && Buffer.compare(first, emptyObject) !== 0) messages.push(first);
    socket.once("close", () => {
      messages.end();
      leaving.abort();
      alive.stop();
      request.closing.removeEventListener("abort", goingAway);
    });
    const goingAway = (): void => end(socket, 1001, "the gateway is closing");
    request.closing.addEventListener("abort", goingAway, { once: true });
    if (request.closing.aborted) goingAway();

    const options = { metadata: callMetadata(request), signal: leaving.signal, ...(timeoutAsked && { timeoutMs }) };
    const replies = stream(messages, options);
    const change = (reply: Uint8Array): Uint8Array => changedReply(reply, route, type, settings);
    void forward(replies, socket, { binary, change, heard: alive.heard }).then(
      () => end(socket, 1000, ""),
      (reason) => end(socket, closeCode(MicroError.from(reason, gatewayId)), closeReason(reason)),
    );
    return switched;
  };
}

const switched: HttpAnswer = { status: 101, headers: [], body: "", taken: true };
const emptyObject = Buffer.from("{}");

function offered(request: GatewayRequest): string[] {
  return (headerOf(request, "sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
}

/** Makes the connection a WebSocket. Rejects with 400 for a handshake that is none. */
async function handshake({ raw }: GatewayRequest, { socket, head }: Upgrade, maxPayload: number): Promise<WebSocket> {
  const { WebSocketServer } = await import("ws");
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    handleProtocols: (protocols) => [...protocols][0] ?? false,
  });
  return new Promise((resolve, reject) => {
    server.once("wsClientError", (error) => reject(badRequest(gatewayId, `no WebSocket handshake: ${error.message}`)));
    server.handleUpgrade(raw, socket, head, resolve);
  });
}

/** The peer's messages, until it ends them; it is made to wait while too many are unread. */
function incoming(socket: WebSocket, heard: () => void): Inbox<Uint8Array> {
  const messages = inbox<Uint8Array>(16, () => socket.resume());
  let ended = false;
  socket.on("message", (data: Buffer, binary: boolean) => {
    heard();
    if (data.length === 0 && !binary) {
      ended = true;
      messages.end();
    } else if (ended) {
      end(socket, 1008, "a message came after the empty frame that ended them");
    } else if (messages.push(data)) {
      socket.pause();
    }
  });
  // The library closes the connection itself, with the code that says why.
  socket.on("error", () => undefined);
  return messages;
}

const sendAheadBytes = 1024 * 1024;

/** Sends replies as frames; waits when the peer is slower than the service. */
async function forward(
  replies: AsyncIterable<Uint8Array>,
  socket: WebSocket,
  { binary, change, heard }: { binary: boolean; change(reply: Uint8Array): Uint8Array; heard(): void },
): Promise<void> {
  for await (const reply of replies) {
    if (socket.readyState !== socket.OPEN) return;
    heard();
    const sent = new Promise<void>((resolve) => socket.send(change(reply), { binary }, () => resolve()));
    if (socket.bufferedAmount > sendAheadBytes) await sent;
  }
}

const closingPatienceMs = 2_000;

/** Closes politely, and for good when the peer does not answer. */
function end(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState === socket.CLOSED) return;
  socket.resume(); // the peer's answer to the close would not be read
  socket.close(code, reason);
  const timer = setTimeout(() => socket.terminate(), closingPatienceMs);
  socket.once("close", () => clearTimeout(timer));
}
