import type { Stream } from "@micro/http2";
import type { Compression, Replies } from "../../protocol/protocol.ts";
import type { ClientCall, ClientCallEvents } from "./client-call.ts";
import { messageQueue } from "./message-queue.ts";
import { beginLater } from "./peer-settings.ts";
import { writeCompressed, writeMessage } from "./write-message.ts";

/** One streaming call: sends `messages` while its replies are read. It is opened by the first `next`. */
export function clientStream(
  open: (events: ClientCallEvents) => { stream: Stream; handler: ClientCall },
  checkSize: (message: Uint8Array) => void,
  compression: Compression,
  messages: AsyncIterable<Uint8Array>,
): Replies {
  let opened: { stream: Stream; handler: ClientCall } | undefined;
  let sending: AsyncIterator<Uint8Array> | undefined;
  let delayed = false;
  let over = false;
  let writable = (): void => undefined;
  const replies = messageQueue((bytes) => {
    opened?.stream.consumed(bytes);
    opened?.handler.release();
  });

  function begin(): void {
    if (over) return; // its reader has left while it waited
    opened = open({
      onMessage: replies.push,
      readerIsBehind: () => !replies.empty,
      untilRead: replies.untilRead,
      onWritable: () => writable(),
      onEnd(error) {
        over = true;
        replies.end(error);
        writable();
        // Not awaited: an iterator that waits for its next message answers only after that.
        sending?.return?.().catch(() => undefined); // how the messages end changes nothing about a call that is over
      },
    });
    void send(opened.stream, opened.handler);
  }

  function fail(reason: unknown): void {
    over = true;
    replies.end(reason);
  }

  async function send(stream: Stream, handler: ClientCall): Promise<void> {
    try {
      sending = messages[Symbol.asyncIterator]();
      // Looks before it takes: a message taken after the end would be lost to an attempt at another node.
      while (!over) {
        const next = await sending.next();
        if (over) return;
        if (next.done) {
          stream.write(nothing, true);
          return;
        }
        checkSize(next.value);
        const taken =
          compression === "identity"
            ? writeMessage(stream, next.value, false)
            : await writeCompressed(stream, next.value, false);
        if (!taken && !over) {
          await new Promise<void>((resolve) => {
            writable = resolve;
          });
        }
      }
    } catch (reason) {
      replies.end(reason);
      handler.cancel(undefined);
    }
  }

  return {
    next() {
      if (!opened && !over && !delayed) {
        try {
          begin();
        } catch (reason) {
          delayed = true;
          beginLater(reason, begin, fail);
        }
      }
      return replies.next();
    },
    take: replies.take,
    return() {
      over = true;
      opened?.handler.cancel(undefined);
      replies.clear();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

const nothing = new Uint8Array();
