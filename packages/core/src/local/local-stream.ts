import type { Dispatcher } from "../protocol/protocol.ts";
import { cancelled } from "../words/errors.ts";
import { Channel } from "./channel.ts";
import { answered, clientId, tooLarge } from "./failures.ts";
import type { LocalCall } from "./local-call.ts";

// As a window on a wire: either side may be this many messages ahead of the other, so that neither waits for both.
const ahead = 16;

/** A streaming call within the process; it begins with `open`, when the replies are first asked for. */
export async function* localStream(
  dispatcher: Dispatcher,
  open: () => LocalCall,
  messages: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const call = open();
  const requests = new Channel<Uint8Array>(ahead);
  const replies = new Channel<Uint8Array>(ahead);
  const source = messages[Symbol.asyncIterator]();

  call.onCutOff = (error) => {
    replies.fail(error, true);
    requests.fail(cancelled("go.micro.server", "the caller gave up"), true);
  };

  async function sendRequests(): Promise<void> {
    try {
      for (let next = await source.next(); !next.done; next = await source.next()) {
        if (next.value.length > maxBytes) throw tooLarge("request", call.target, next.value, maxBytes);
        if (!(await requests.send(new Uint8Array(next.value)))) return;
      }
      requests.end();
    } catch (reason) {
      // The caller's own failure: it gets it back, and the handler hears that nobody waits.
      replies.fail(reason, true);
      call.cutOff(cancelled(clientId, "call cancelled"));
    }
  }

  async function takeReplies(): Promise<void> {
    try {
      await dispatcher.stream(call, requests, (reply) => {
        if (reply.length > maxBytes) throw tooLarge("reply", call.target, reply, maxBytes);
        call.sendHeaders();
        return replies.send(new Uint8Array(reply));
      });
      if (call.answer(false)) replies.end();
    } catch (reason) {
      if (call.answer(true)) replies.fail(answered(reason), false);
    }
  }

  void sendRequests();
  void takeReplies();
  try {
    yield* replies;
  } finally {
    call.cutOff(cancelled(clientId, "call cancelled")); // when the caller leaves early
    requests.end();
    // Whatever the caller still meant to send is not wanted; how its messages end changes nothing.
    void source.return?.()?.catch(() => undefined);
  }
}
