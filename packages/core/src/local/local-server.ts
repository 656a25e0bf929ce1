import type { CallTarget, Dispatcher, IncomingCall, OutgoingCall } from "../protocol/protocol.ts";
import { type Clock, systemClock } from "../words/clock.ts";
import { noDeadline } from "../words/deadline.ts";
import type { MessageType } from "../words/description.ts";
import { cancelled, unavailable } from "../words/errors.ts";
import { copyReply, copyRequest } from "./copies.ts";
import { answered, clientId, deadlineExceeded, noSuchEndpoint, tooLarge } from "./failures.ts";
import { endpointOf, LocalCall, runningCalls } from "./local-call.ts";
import { localStream } from "./local-stream.ts";

/** A server that its own process calls. Fails as a `Connection` does; `maxBytes` is the caller's own limit. */
export interface LocalServer {
  unary(call: OutgoingCall, body: Uint8Array, maxBytes: number): Promise<Uint8Array>;
  /**
   * A unary call of values instead of bytes, each copied once; the caller's types must be the handler's own. Undefined
   * when they are not: then `unary` is the way. That the deadline has not passed yet is the caller's to know.
   */
  unaryValue(call: OutgoingCall, types: MessageTypes, request: unknown): Promise<unknown> | undefined;
  stream(call: OutgoingCall, messages: AsyncIterable<Uint8Array>, maxBytes: number): AsyncIterable<Uint8Array>;
  /** Takes no new calls, and resolves when those under way are answered. */
  drain(): Promise<void>;
  /** Takes no new calls and rejects those under way with 503. */
  close(): void;
}

/** What a unary method takes and gives, both of which can be copied. */
export interface MessageTypes {
  readonly request: MessageType;
  readonly response: MessageType;
}

/** Answers a call: tells either the reply or why there is none, once, at once or later. */
export type ValueHandler = (
  call: IncomingCall,
  request: unknown,
  succeed: (reply: unknown) => void,
  fail: (reason: unknown) => void,
) => void;

export interface LocalServerOptions {
  /** The handler of a unary endpoint, when it takes and gives exactly these types. @default none: all calls pass as bytes */
  handlerOf?: (method: MessageTypes & { readonly endpoint: string }) => ValueHandler | undefined;
  /** Largest message taken or given, in bytes. @default 4 MiB */
  maxMessageBytes?: number;
  /** @default systemClock */
  clock?: Clock;
}

export const defaultMaxMessageBytes: number = 4 * 1024 * 1024;

/**
 * Serves a dispatcher to its own process. Messages pass as the bytes they would be on a wire, so that neither side
 * sees what the other does to its values.
 */
export function serveLocally(dispatcher: Dispatcher, options: LocalServerOptions = {}): LocalServer {
  const { maxMessageBytes = defaultMaxMessageBytes, clock = systemClock } = options;
  const running = runningCalls();
  let open = true;
  let watching = false;

  /** Throws unless the call may begin. */
  function begin(call: OutgoingCall): LocalCall {
    const { target, signal } = call;
    if (!open) throw unavailable(clientId, `${target.service} is stopping`, { unprocessed: true });
    if (signal?.aborted) throw cancelled(clientId, "call cancelled");
    return new LocalCall(call, clock, running);
  }

  function throwIfLate({ deadline, target }: OutgoingCall): void {
    if (deadline !== noDeadline && deadline <= clock.now()) throw deadlineExceeded(target);
  }

  /** A call that ends in the turn of the event loop in which it began needs no timer; others get theirs when it is over. */
  function goOn(served: LocalCall): void {
    served.goOn();
    if (watching || served.deadline === noDeadline) return;
    watching = true;
    setImmediate(() => {
      watching = false;
      for (const each of running.calls) each.watchDeadline();
    });
  }

  // The handlers of endpoints that were called, since a caller has one target for all calls of one.
  const handlers = new WeakMap<CallTarget, ValueHandler>();

  function handlerOf(target: CallTarget, { request, response }: MessageTypes): ValueHandler | undefined {
    const known = handlers.get(target);
    if (known) return known;
    const found = options.handlerOf?.({ endpoint: endpointOf(target), request, response });
    if (found) handlers.set(target, found);
    return found;
  }

  return {
    unary(call, body, callersMax) {
      const maxBytes = Math.min(callersMax, maxMessageBytes);
      if (body.length > maxBytes) throw tooLarge("request", call.target, body, maxBytes);
      throwIfLate(call);
      const served = begin(call);
      if (dispatcher.kindOf(served.endpoint) !== "unary") throw noSuchEndpoint(call.target);
      goOn(served);
      return new Promise((resolve, reject) => {
        served.onCutOff = reject;
        dispatcher.unary(served, new Uint8Array(body)).then(
          (reply) => {
            if (!served.answer(false)) return;
            if (reply.length > maxBytes) reject(tooLarge("reply", call.target, reply, maxBytes));
            else resolve(new Uint8Array(reply));
          },
          (reason: unknown) => {
            if (served.answer(true)) reject(answered(reason));
          },
        );
      });
    },
    unaryValue(call, types, request) {
      const handler = handlerOf(call.target, types);
      if (!handler) return undefined;
      const received = copyRequest(types, call.target, request);
      const served = begin(call);
      return new Promise((resolve, reject) => {
        served.onCutOff = reject;
        const fail = (reason: unknown): void => {
          if (served.answer(true)) reject(answered(reason));
        };
        const succeed = (reply: unknown): void => {
          try {
            const copy = copyReply(types, call.target, reply);
            if (served.answer(false)) resolve(copy);
          } catch (reason) {
            fail(reason);
          }
        };
        handler(served, received, succeed, fail);
        if (!served.over) goOn(served);
      });
    },
    stream(call, messages, callersMax) {
      const maxBytes = Math.min(callersMax, maxMessageBytes);
      const open = (): LocalCall => {
        throwIfLate(call);
        const served = begin(call);
        if (!dispatcher.kindOf(served.endpoint)) throw noSuchEndpoint(call.target);
        goOn(served);
        return served;
      };
      return localStream(dispatcher, open, messages, maxBytes);
    },
    drain() {
      open = false;
      return running.none();
    },
    close() {
      open = false;
      for (const served of running.calls)
        served.cutOff(unavailable(clientId, `${served.target.service} went away under the call`));
    },
  };
}
