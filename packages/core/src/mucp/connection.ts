import type { FramingTable } from "../codec/rpc/framings.ts";
import type { Connection, ConnectOptions, OutgoingCall } from "../protocol/protocol.ts";
import type { DialOptions, Socket, Transport } from "../transport/transport.ts";
import { type MicroError, unavailable } from "../words/errors.ts";
import { closeable, closeOnce } from "../words/lifecycle.ts";
import { clientStream } from "./client-stream.ts";
import { frameBytes, isGrpcType, type WireTypeNames } from "./content-types.ts";
import { refuseExpired, watchExpiry } from "./expiry.ts";
import { idleSockets } from "./idle-sockets.ts";
import { messageLimits } from "./limits.ts";
import { checkReplyTo, readReply, tellHeaders } from "./reply.ts";
import { requestHeaders, requestPlanner } from "./request.ts";

export interface MucpConnectionOptions {
  readonly wireTypes: WireTypeNames;
  readonly legacy: boolean;
  readonly framings: FramingTable;
  /** How long a connection is kept between calls, in milliseconds. */
  readonly idleMs: number;
  /** How many connections are kept between calls. */
  readonly maxIdle: number;
}

/**
 * Calls to one address. A connection of the transport serves one call at a time and then the next; each stream has one
 * of its own. There are as many as calls are under way.
 */
export function mucpConnection(
  transport: Transport,
  address: string,
  { framings, ...options }: MucpConnectionOptions,
  { dialTimeoutMs, maxMessageBytes, ...dialDefaults }: ConnectOptions = {},
): Connection {
  const planOf = requestPlanner({ ...options, own: framings });
  const idle = idleSockets({ max: options.maxIdle, idleMs: options.idleMs });
  const limits = messageLimits("go.micro.client", maxMessageBytes);
  const dialOptions: DialOptions = {
    ...dialDefaults,
    ...limits.transport,
    ...(dialTimeoutMs !== undefined && { timeoutMs: dialTimeoutMs }),
  };
  let sequence = 0;
  let closed = false;

  const refuseClosed = (): void => {
    if (closed) throw unavailable("go.micro.client", `connection to ${address} is closed`, { unprocessed: true });
  };
  const dial = (signal: AbortSignal): Promise<Socket> => transport.dial(address, { ...dialOptions, signal });

  async function unary(call: OutgoingCall, body: Uint8Array): Promise<Uint8Array> {
    refuseClosed();
    refuseExpired(call);
    const plan = planOf(call);
    limits.check(body, `request of ${call.target.endpoint}`);
    const id = String(sequence++);
    const { endpoint } = call.target;
    const request = {
      headers: requestHeaders(plan, id, call),
      body: frameBytes(plan, { kind: "request", id, method: endpoint, body }),
    };
    let socket = idle.take();
    const giveUp = socket ? undefined : new AbortController();
    const stopWatch = watchExpiry(call, (error: MicroError) => {
      giveUp?.abort(error);
      socket?.abort(error);
    });
    try {
      if (giveUp) socket = await dial(giveUp.signal);
      const used = socket as Socket;
      await used.send(request);
      const reply = await used.receive();
      if (!reply)
        throw unavailable("go.micro.client", `${address} closed the connection before it answered ${endpoint}`);
      // A node of go-micro v0 tells no id of its own.
      if (!options.legacy) checkReplyTo(id, reply, plan, { address, endpoint });
      const isLast = reply.headers.connection?.toLowerCase() === "close" || isGrpcType(plan.contentType);
      tellHeaders(call, reply);
      try {
        const answer = readReply(reply, plan, limits);
        if (answer) return answer;
        throw unavailable("go.micro.client", `${address} ended a stream where ${endpoint} was to be answered`);
      } finally {
        // An error is an answer too, after which the connection is as good as before.
        if (reply.refusal || isLast) used.close();
        else idle.put(used);
        socket = undefined;
      }
    } catch (reason) {
      socket?.abort();
      throw reason;
    } finally {
      stopWatch();
    }
  }

  function stream(call: OutgoingCall, messages: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
    const plan = planOf(call);
    const open = (signal: AbortSignal): Promise<Socket> => {
      refuseClosed();
      return dial(signal);
    };
    return clientStream({ call, plan, id: String(sequence++), open, address, limits }, messages);
  }

  const close = closeOnce(() => {
    closed = true;
    idle.close();
  });
  return {
    unary,
    stream: (call, messages) => ({ [Symbol.asyncIterator]: () => stream(call, messages) }),
    ...closeable(close),
  };
}
