import type { OutgoingCall } from "@micro/core";
import { beginCall, type CallerParts, type CallerSide } from "./caller.ts";
import { inbox, sendWindow } from "./inbox.ts";
import type { Exchange } from "./pipe.ts";
import { type ServedStream, type StreamCaller, serveStream } from "./serve-stream.ts";

/** One streaming call: sends `messages` while its replies are read. It is opened by the first `next`. */
export function clientStream(
  parts: CallerParts,
  call: OutgoingCall,
  messages: AsyncIterable<Uint8Array>,
  checkSize: (message: Uint8Array) => void,
): AsyncIterator<Uint8Array> {
  const { network, node } = parts;
  let side: CallerSide | undefined;
  let over = false;
  let exchange: Exchange | undefined;
  let served: ServedStream | undefined;
  let sending: AsyncIterator<Uint8Array> | undefined;
  const window = sendWindow();
  const replies = inbox(() => {
    if (exchange && !over) network.signal(node, exchange.pipe.server.node, () => served?.window.taken());
  });

  let ended: () => void = () => undefined;

  function begin(): void {
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    parts.drive?.(`stream ${call.target.endpoint}`, end).catch((reason: unknown) => {
      replies.end(reason);
      side?.cancel();
    });
    side = beginCall(parts, call, {
      onOpen(opened, leftMs, onCancel) {
        exchange = opened;
        const caller: StreamCaller = {
          push(body, replyParts) {
            side?.hear(replyParts);
            replies.push(body);
          },
          end(error, replyParts) {
            side?.hear(replyParts);
            side?.end(error);
          },
          taken: window.taken,
        };
        opened.toServer(
          `stream ${call.target.endpoint}`,
          () => {
            served = serveStream(network, opened, call, leftMs, caller);
            if (served) onCancel(served.cancel);
          },
          { once: true },
        );
        void send(opened);
      },
      onEnd(error) {
        over = true;
        ended();
        replies.end(error);
        window.open();
        // Not awaited: an iterator that waits for its next message answers only after that.
        sending?.return?.().catch(() => undefined); // how the messages end changes nothing about a call that is over
      },
    });
  }

  async function send(opened: Exchange): Promise<void> {
    try {
      sending = messages[Symbol.asyncIterator]();
      // Looks before it takes: a message taken after the end would be lost to an attempt at another node.
      while (!over) {
        const next = await sending.next();
        if (over) return;
        if (next.done) {
          opened.toServer("end of messages", () => served?.requests.end(), { once: true });
          return;
        }
        checkSize(next.value);
        const message = new Uint8Array(next.value);
        window.sent();
        opened.toServer("message", () => served?.requests.push(message), { once: true });
        await window.room();
      }
    } catch (reason) {
      replies.end(reason);
      side?.cancel();
    }
  }

  return {
    async next() {
      if (!side && !over) {
        try {
          begin();
        } catch (reason) {
          over = true;
          ended();
          replies.end(reason);
        }
      }
      return replies.next();
    },
    async return() {
      over = true;
      side?.cancel();
      replies.clear();
      return { done: true, value: undefined };
    },
  };
}
