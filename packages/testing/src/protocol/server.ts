import {
  closeable,
  closeOnce,
  type Dispatcher,
  type MicroError,
  type OutgoingCall,
  type ProtocolServer,
  type ServeOptions,
} from "@micro/core";
import type { Network } from "../network.ts";
import type { FleetNode } from "../node.ts";
import { answered, lost, noSuchEndpoint, tooLarge } from "./failures.ts";
import { breakPipe, type Exchange, type Pipe } from "./pipe.ts";
import { type ReplyParts, ServedCall } from "./served-call.ts";

/** The serving half of a node. */
export interface SimulatedServer extends ProtocolServer {
  readonly node: FleetNode;
  readonly dispatcher: Dispatcher;
  readonly maxMessageBytes: number;
  /** Connections that callers have opened. */
  readonly pipes: Set<Pipe>;
  /** Calls being served; a drain waits for them. */
  readonly running: Set<ServedCall>;
  /**
   * A call arrives. The answer is what the dispatcher is to be told, or undefined when the call was refused, of which the
   * caller hears by `fail`.
   */
  take(exchange: Exchange, call: OutgoingCall, leftMs: number, fail: UnaryCaller["fail"]): ServedCall | undefined;
  /** The call is answered. */
  done(served: ServedCall): void;
}

/** What a server tells the caller of a unary call. */
export interface UnaryCaller {
  reply(body: Uint8Array, parts: ReplyParts): void;
  fail(error: MicroError, parts: ReplyParts): void;
}

export function simulatedServer(
  network: Network,
  node: FleetNode,
  dispatcher: Dispatcher,
  { maxMessageBytes = 4 * 1024 * 1024 }: ServeOptions = {},
): SimulatedServer {
  const pipes = new Set<Pipe>();
  const running = new Set<ServedCall>();
  let draining = false;
  let onIdle: (() => void) | undefined;

  const cut = (why: string): void => {
    for (const pipe of pipes) breakPipe(network, pipe, "server", why);
    pipes.clear();
  };
  node.onCrash(() => cut("the connection was reset by the peer"));

  const server: SimulatedServer = {
    node,
    dispatcher,
    maxMessageBytes,
    pipes,
    running,
    take(exchange, call, leftMs, fail) {
      const refuse = (error: MicroError): undefined => {
        exchange.answered = true;
        exchange.toCaller("refusal", () => fail(error, {}));
      };
      if (draining) return refuse(lost(node.address, "the server takes no more calls", true));
      const endpoint = endpointOf(call.target.endpoint);
      if (!dispatcher.kindOf(endpoint)) return refuse(noSuchEndpoint(call.target));
      const served = new ServedCall(call, endpoint, leftMs, exchange.pipe.caller.address, node.clock);
      running.add(served);
      return served;
    },
    done(served) {
      served.end();
      if (running.delete(served) && running.size === 0) onIdle?.();
    },
    // Its calls do not come over sockets.
    recognises: () => false,
    accept: (socket) => void socket.destroy(),
    drain: closeOnce(async () => {
      draining = true;
      for (const pipe of pipes) {
        network.signal(node, pipe.caller, () => {
          pipe.usable = false;
        });
      }
      if (running.size === 0) return;
      await new Promise<void>((resolve) => {
        onIdle = resolve;
      });
    }),
    ...closeable(
      closeOnce(() => {
        draining = true;
        cut("the connection was closed");
        for (const served of [...running]) served.cancel();
      }),
    ),
  };
  return server;
}

/** Serves one unary call and sends what it gave. */
export function serveUnary(
  server: SimulatedServer,
  exchange: Exchange,
  { call, body, leftMs }: { call: OutgoingCall; body: Uint8Array; leftMs: number },
  caller: UnaryCaller,
): ServedCall | undefined {
  const served = server.take(exchange, call, leftMs, caller.fail);
  if (!served) return undefined;
  void answer(server, exchange, served, new Uint8Array(body), caller);
  return served;
}

async function answer(
  server: SimulatedServer,
  exchange: Exchange,
  served: ServedCall,
  body: Uint8Array,
  caller: UnaryCaller,
): Promise<void> {
  const { endpoint } = served;
  try {
    if (body.length > server.maxMessageBytes)
      throw tooLarge("request", endpoint, body.length, server.maxMessageBytes, false);
    const reply = new Uint8Array(await server.dispatcher.unary(served, body));
    if (reply.length > server.maxMessageBytes)
      throw tooLarge("reply", endpoint, reply.length, server.maxMessageBytes, false);
    if (served.cancelled) return;
    exchange.answered = true;
    const parts = served.endReply(false);
    exchange.toCaller(`reply ${endpoint}`, () => caller.reply(reply, parts));
  } catch (reason) {
    if (served.cancelled) return;
    const error = answered(reason);
    exchange.answered = true;
    const parts = served.endReply(true);
    exchange.toCaller(`error ${error.code} ${endpoint}`, () => caller.fail(error, parts));
  } finally {
    server.done(served);
  }
}

/** `User.Query` also for a complete gRPC path, `/go.micro.srv.user.User/Query`. */
function endpointOf(endpoint: string): string {
  const path = /^\/(?:.*\.)?([^./]+)\/([^/]+)$/.exec(endpoint);
  return path ? `${path[1]}.${path[2]}` : endpoint;
}
