import { cancelled, type MicroError, type OutgoingCall } from "@micro/core";
import type { Network } from "../network.ts";
import { answered, tooLarge } from "./failures.ts";
import { type Inbox, inbox, sendWindow, type Window } from "./inbox.ts";
import type { Exchange } from "./pipe.ts";
import type { ReplyParts, ServedCall } from "./served-call.ts";

/** A streaming call at the server. */
export interface ServedStream {
  /** What has arrived for the handler. */
  readonly requests: Inbox;
  /** How far the replies are ahead of their reader. */
  readonly window: Window;
  /** Nobody waits for the replies any more. */
  cancel(): void;
}

/** What a server tells the caller of a stream. */
export interface StreamCaller {
  push(body: Uint8Array, parts: ReplyParts): void;
  end(error: MicroError | undefined, parts: ReplyParts): void;
  /** A request was read. */
  taken(): void;
}

/** Begins to serve a streaming call; undefined when it was refused. */
export function serveStream(
  network: Network,
  exchange: Exchange,
  call: OutgoingCall,
  leftMs: number,
  caller: StreamCaller,
): ServedStream | undefined {
  const { server } = exchange.pipe;
  const served = server.take(exchange, call, leftMs, caller.end);
  if (!served) return undefined;
  const requests = inbox(() => network.signal(server.node, exchange.pipe.caller, caller.taken));
  const window = sendWindow();
  served.onCancel = () => {
    requests.end(cancelled("go.micro.server", "the caller gave up"));
    window.open();
  };
  void answer(exchange, served, requests, window, caller);
  return { requests, window, cancel: () => served.cancel() };
}

async function answer(
  exchange: Exchange,
  served: ServedCall,
  requests: Inbox,
  window: Window,
  caller: StreamCaller,
): Promise<void> {
  const { server } = exchange.pipe;
  const messages = { [Symbol.asyncIterator]: () => readerOf(requests) };
  try {
    await server.dispatcher.stream(served, messages, async (reply) => {
      if (served.cancelled) return false;
      if (reply.length > server.maxMessageBytes)
        throw tooLarge("reply", served.endpoint, reply.length, server.maxMessageBytes, false);
      const copy = new Uint8Array(reply);
      window.sent();
      const parts = served.beginReply();
      exchange.toCaller("reply", () => caller.push(copy, parts), { once: true });
      await window.room();
      return !served.cancelled;
    });
    if (served.cancelled) return;
    exchange.answered = true;
    const parts = served.endReply(false);
    exchange.toCaller(`end of ${served.endpoint}`, () => caller.end(undefined, parts), { once: true });
  } catch (reason) {
    if (served.cancelled) return;
    const error = answered(reason);
    exchange.answered = true;
    const parts = served.endReply(true);
    exchange.toCaller(`error ${error.code} ${served.endpoint}`, () => caller.end(error, parts), { once: true });
  } finally {
    requests.clear();
    server.done(served);
  }
}

function readerOf(requests: Inbox): AsyncIterator<Uint8Array> {
  return {
    next: () => requests.next(),
    async return() {
      requests.clear();
      return { done: true, value: undefined };
    },
  };
}
