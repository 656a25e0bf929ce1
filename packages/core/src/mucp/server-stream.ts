import type { Dispatcher } from "../protocol/protocol.ts";
import { type Inbox, inbox } from "../transport/inbox.ts";
import type { Message, Socket } from "../transport/transport.ts";
import { cancelled, MicroError } from "../words/errors.ts";
import { errorAnswer, streamEnd, streamMessage } from "./answer.ts";
import { fromErrorText } from "./errors.ts";
import { type CallOrigin, MucpIncomingCall } from "./incoming-call.ts";
import type { MessageLimits } from "./limits.ts";
import { endOfStream, micro, microHeader } from "./names.ts";
import type { CallRequest } from "./read-request.ts";

/** A streaming call under way. */
export interface ServerStream {
  /** Takes a further message of the caller's. A promise when it is one too many for now. */
  push(message: Message): Promise<void> | undefined;
  /** True once the caller has said that it sends no more. */
  readonly saidEnd: boolean;
  /** Resolves when the call is over. Never rejects. */
  readonly over: Promise<void>;
}

/** Lets the dispatcher answer a streaming call, each side no faster than the other takes it. */
export function serveStream(
  { dispatcher, limits }: { readonly dispatcher: Dispatcher; readonly limits: MessageLimits },
  request: CallRequest,
  socket: Socket,
  origin: CallOrigin,
): ServerStream {
  let room: (() => void) | undefined;
  let saidEnd = false;
  // Further messages are not looked at: the caller has ended, or sent one that cannot be read, or the call is over.
  let isEnded = false;
  const requests = inbox<Uint8Array>({ bytes: (body) => body.length, onRoom: () => room?.() });
  const incoming = new MucpIncomingCall(request, origin);
  const onGone = (): void => {
    requests.end(cancelled("go.micro.server", "the caller gave up"));
    room?.();
  };
  origin.onGone.add(onGone);

  function push({ headers, body, refusal }: Message): Promise<void> | undefined {
    const told = microHeader(headers, micro.error);
    if (told === endOfStream) saidEnd = true;
    if (isEnded) return undefined;
    if (told !== "" || refusal) {
      isEnded = true;
      requests.end(refusal ?? (told === endOfStream ? undefined : fromErrorText(told)));
      return undefined;
    }
    try {
      const message = request.framing.read(body, "request").body;
      limits.check(message, `message of ${request.endpoint}`);
      requests.push(message);
    } catch (reason) {
      isEnded = true;
      requests.end(reason instanceof MicroError ? reason : unreadable(request, reason));
    }
    if (!requests.full) return undefined;
    return new Promise((resolve) => {
      room = () => {
        room = undefined;
        resolve();
      };
    });
  }

  async function run(): Promise<void> {
    try {
      await dispatcher.stream(incoming, each(requests), async (reply) => {
        if (socket.isClosed) return false;
        incoming.refuseExpired();
        limits.check(reply, `reply of ${request.endpoint}`);
        await socket.send(incoming.withHeaders(streamMessage(request, reply)));
        return !socket.isClosed;
      });
      if (socket.isClosed) return;
      incoming.refuseExpired();
      await socket.send(incoming.withHeaders(streamEnd(request)));
    } catch (reason) {
      const error = MicroError.from(reason, "go.micro.server");
      if (!socket.isClosed)
        await socket
          .send(incoming.withHeaders(errorAnswer(request.id, request, request.frame, error)))
          .catch(() => undefined); // the caller went away meanwhile
    } finally {
      isEnded = true;
      incoming.answered();
      origin.onGone.delete(onGone);
      room?.();
    }
  }

  return {
    push,
    get saidEnd() {
      return saidEnd;
    },
    over: run(),
  };
}

function unreadable({ endpoint, contentType }: CallRequest, reason: unknown): MicroError {
  const why = reason instanceof Error ? reason.message : String(reason);
  return new MicroError("go.micro.server", 400, `message of ${endpoint} is no ${contentType}: ${why}`, {
    cause: reason,
  });
}

async function* each(requests: Inbox<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for (let request = await requests.take(); request; request = await requests.take()) yield request;
}
