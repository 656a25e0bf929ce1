import type { FramingTable } from "../codec/rpc/framings.ts";
import type { Dispatcher } from "../protocol/protocol.ts";
import type { Message, Socket } from "../transport/transport.ts";
import { MicroError, notFound } from "../words/errors.ts";
import type { Logger } from "../words/logger.ts";
import { errorAnswer, valueAnswer } from "./answer.ts";
import { isGrpcType } from "./content-types.ts";
import { answerEvent, isEvent, type MucpEventHandler } from "./events.ts";
import { type CallOrigin, MucpIncomingCall } from "./incoming-call.ts";
import type { MessageLimits } from "./limits.ts";
import { endOfStream, micro, microHeader } from "./names.ts";
import { type CallRequest, framingOf, readRequest } from "./read-request.ts";
import { type ServerStream, serveStream } from "./server-stream.ts";

export interface ServeParts {
  readonly dispatcher: Dispatcher;
  readonly framings: FramingTable;
  readonly limits: MessageLimits;
  readonly onEvent: MucpEventHandler | undefined;
  readonly logger: Logger;
  /** True when the server wants no new calls; callers are told with each answer. */
  isDraining(): boolean;
}

/** What the server needs to know of a pipe that it serves. */
export interface ServedSocket {
  readonly socket: Socket;
  /** Calls and streams under way. */
  readonly inFlight: number;
  /** When the last of them ended, or the pipe was taken. */
  readonly quietSince: number;
  /** Called when the last of them ends. */
  onQuiet: (() => void) | undefined;
}

// Beyond these a peer that puts many calls into one pipe waits, and its streams with it.
const maxCallsAtOnce = 100;
// Streams that the server has ended first and whose callers have not said that they know.
const maxEnded = 1_000;

/**
 * Answers what comes through one pipe until it is over: calls one after another, or at once where they have ids to tell
 * them apart, and streams beside them.
 */
export function serveSocket(parts: ServeParts, socket: Socket): ServedSocket {
  const { dispatcher, framings, limits, logger } = parts;
  const streams = new Map<string, ServerStream>();
  const ended = new Set<string>();
  const onGone = new Set<() => void>();
  const origin: CallOrigin = {
    local: socket.local,
    remote: socket.remote,
    onGone,
    get isClosed() {
      return socket.isClosed;
    },
  };
  let inFlight = 0;
  let quietSince = Date.now();
  let onFewer: (() => void) | undefined;

  const served: ServedSocket = {
    socket,
    get inFlight() {
      return inFlight;
    },
    get quietSince() {
      return quietSince;
    },
    onQuiet: undefined,
  };

  /** Counts a call while it is under way. */
  async function track(work: Promise<void>): Promise<void> {
    inFlight++;
    try {
      await work;
    } finally {
      inFlight--;
      quietSince = Date.now();
      onFewer?.();
      if (inFlight === 0) served.onQuiet?.();
    }
  }

  /** Sends an answer; whoever has gone away meanwhile misses it. */
  async function answer(request: Message, reply: Message): Promise<void> {
    const isLast = parts.isDraining() || request.headers.connection?.toLowerCase() === "close";
    try {
      await socket.send(isLast ? { ...reply, headers: { ...reply.headers, connection: "close" } } : reply);
    } catch (reason) {
      if (!socket.isClosed) await socket.send(tooLarge(request, reason)).catch(() => undefined); // gone after all
    }
    if (isLast && inFlight <= 1 && socket.arrived === 0) socket.close();
  }

  function tooLarge(request: Message, reason: unknown): Message {
    const error = MicroError.from(reason, "go.micro.server");
    return errorAnswer(microHeader(request.headers, micro.id), framingOf(request, framings), undefined, error);
  }

  async function answerUnary(message: Message, request: CallRequest): Promise<void> {
    const incoming = new MucpIncomingCall(request, origin);
    let reply: Message;
    try {
      const body = await dispatcher.unary(incoming, request.frame.body);
      incoming.refuseExpired();
      limits.check(body, `reply of ${request.endpoint}`);
      reply = valueAnswer(request, body);
    } catch (reason) {
      reply = errorAnswer(request.id, request, request.frame, MicroError.from(reason, "go.micro.server"));
    }
    incoming.answered();
    await answer(message, incoming.withHeaders(reply));
  }

  /** Under gRPC's types the message that opens a stream is the first of it; go-micro looks at no other's body. */
  function openStream(message: Message, request: CallRequest, key: string): Promise<void> | undefined {
    const stream = serveStream(parts, request, socket, origin);
    streams.set(key, stream);
    const over = stream.over.then(() => {
      streams.delete(key);
      if (!stream.saidEnd) remember(key);
    });
    void track(over);
    return isGrpcType(request.contentType) && message.body.length > 0 ? stream.push(message) : undefined;
  }

  function remember(key: string): void {
    ended.add(key);
    if (ended.size > maxEnded) for (const oldest of ended) return void ended.delete(oldest);
  }

  function refuse(message: Message, error: MicroError, request?: CallRequest): Promise<void> {
    const wire = request ?? framingOf(message, framings);
    return answer(message, errorAnswer(microHeader(message.headers, micro.id), wire, request?.frame, error));
  }

  /** Takes one message on; a promise when the next is to wait for it. */
  function take(message: Message): Promise<void> | undefined {
    const { headers } = message;
    if (isEvent(message)) {
      return track(answerEvent(message, parts.onEvent, framings).then((reply) => answer(message, reply)));
    }
    const key = microHeader(headers, micro.stream);
    const isEnd = microHeader(headers, micro.error) === endOfStream;
    if (key !== "") {
      const stream = streams.get(key);
      if (stream) return stream.push(message);
      // Sent before the caller knew that its stream is over.
      if (ended.has(key)) {
        if (isEnd) ended.delete(key);
        return undefined;
      }
      if (isEnd) return undefined;
    }
    return takeCall(message, key);
  }

  function takeCall(message: Message, key: string): Promise<void> | undefined {
    let request: CallRequest;
    try {
      request = readRequest(message, framings);
      limits.check(request.frame.body, `request of ${request.endpoint}`);
    } catch (reason) {
      return track(refuse(message, MicroError.from(reason, "go.micro.server")));
    }
    const { endpoint, service, id } = request;
    const kind = dispatcher.kindOf(endpoint);
    if (kind === undefined) {
      const where = service === "" ? "here" : `at service ${service}`;
      return track(refuse(message, notFound("go.micro.server", `endpoint ${endpoint} not found ${where}`), request));
    }
    if (kind !== "unary" && key !== "") return openStream(message, request, key);
    if (kind !== "unary") {
      const error = new MicroError(
        "go.micro.server",
        400,
        `${endpoint} is a stream, which begins with a Micro-Stream header`,
      );
      return track(refuse(message, error, request));
    }
    const call = track(answerUnary(message, request));
    // Without an id an answer is told from another by its place alone.
    if (id === "") return call;
    if (inFlight < maxCallsAtOnce) return undefined;
    return new Promise((resolve) => {
      onFewer = () => {
        onFewer = undefined;
        resolve();
      };
    });
  }

  async function run(): Promise<void> {
    try {
      for (let message = await socket.receive(); message; message = await socket.receive()) await take(message);
    } catch (reason) {
      logger.debug({ peer: socket.remote, err: reason }, `connection of ${socket.remote} broke`);
    } finally {
      socket.close();
    }
  }

  void socket.closed.then(() => {
    for (const tell of [...onGone]) tell();
    onGone.clear();
  });
  void run();
  return served;
}
