import {
  type Connection,
  type ConnectOptions,
  closeable,
  closeOnce,
  type MicroError,
  type OutgoingCall,
} from "@micro/core";
import type { Network } from "../network.ts";
import type { FleetNode } from "../node.ts";
import { beginCall, type CallerParts, type CallerSide } from "./caller.ts";
import { clientStream } from "./client-stream.ts";
import { dial } from "./dial.ts";
import type { Directory } from "./directory.ts";
import { lost, tooLarge } from "./failures.ts";
import type { Pipe } from "./pipe.ts";
import type { ReplyParts } from "./served-call.ts";
import { serveUnary } from "./server.ts";

/** A node's connection to one address. Dials on the first call, and again on the first call after it was lost. */
export function simulatedConnection(
  network: Network,
  directory: Directory,
  node: FleetNode,
  address: string,
  { maxMessageBytes = 4 * 1024 * 1024, dialTimeoutMs = 1_000, keepalive = {} }: ConnectOptions = {},
  drive?: CallerParts["drive"],
): Connection {
  let pipe: Pipe | undefined;
  let dialing: Promise<Pipe> | undefined;
  let closed = false;

  function connect(): Pipe | Promise<Pipe> {
    if (closed) throw lost(address, "the connection is closed", true);
    if (pipe?.usable) return pipe;
    dialing ??= dial(network, directory, node, address, dialTimeoutMs).then(
      (opened) => {
        dialing = undefined;
        pipe = opened;
        return opened;
      },
      (reason: unknown) => {
        dialing = undefined;
        throw reason;
      },
    );
    return dialing;
  }

  const probe = { probeMs: keepalive.probeMs ?? 1_000, probeTimeoutMs: keepalive.probeTimeoutMs ?? 2_000 };
  const parts: CallerParts = { network, node, address, connect, probe, nextId: directory.nextCallId, drive };

  const checkSize = (what: string, { target }: OutgoingCall, { length }: Uint8Array, sender: boolean): void => {
    if (length > maxMessageBytes) throw tooLarge(what, target.endpoint, length, maxMessageBytes, sender);
  };

  async function unary(call: OutgoingCall, body: Uint8Array): Promise<Uint8Array> {
    checkSize("request", call, body, true);
    const reply = await new Promise<Uint8Array>((resolve, reject) => {
      let taken: Uint8Array | undefined;
      const side: CallerSide = beginCall(parts, call, {
        onOpen(exchange, leftMs, onCancel) {
          const request = { call, body: new Uint8Array(body), leftMs };
          const caller = {
            reply(bytes: Uint8Array, replyParts: ReplyParts) {
              taken = bytes;
              side.hear(replyParts);
              side.end();
            },
            fail(error: MicroError, replyParts: ReplyParts) {
              side.hear(replyParts);
              side.end(error);
            },
          };
          exchange.toServer(`request ${call.target.endpoint}`, () => {
            const served = serveUnary(exchange.pipe.server, exchange, request, caller);
            if (served) onCancel(() => served.cancel());
          });
        },
        onEnd(error) {
          if (error || !taken) reject(error ?? lost(address, "the reply is missing", false));
          else resolve(taken);
        },
      });
    });
    checkSize("reply", call, reply, false);
    return reply;
  }

  const close = closeOnce(() => {
    closed = true; // calls in flight finish first
  });

  return {
    unary,
    stream: (call, messages) => ({
      [Symbol.asyncIterator]: () =>
        clientStream(parts, call, messages, (message) => checkSize("message", call, message, true)),
    }),
    ...closeable(close),
  };
}
