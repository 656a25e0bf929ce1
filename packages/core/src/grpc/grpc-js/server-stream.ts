import type { Duplex } from "node:stream";
import type { Dispatcher, SendReply } from "../../protocol/protocol.ts";
import { cancelled, MicroError } from "../../words/errors.ts";
import type { GrpcIncomingCall, GrpcServerCall } from "./incoming-call.ts";
import { statusOf } from "./status-object.ts";

/** grpc-js's two-way call: a stream of messages in, messages out. */
export type GrpcServerStream = GrpcServerCall & Duplex;

/**
 * Lets the dispatcher answer a streaming call, each side no faster than the other takes it. `wasReset` says whether the
 * HTTP/2 stream was cut off, which node knows before grpc-js hears of the cancellation.
 */
export async function serveStream(
  dispatcher: Dispatcher,
  incoming: GrpcIncomingCall,
  call: GrpcServerStream,
  wasReset: () => boolean,
): Promise<void> {
  const readable = wakeUp();
  const writable = wakeUp();
  call.on("readable", readable.wake);
  call.on("end", readable.wake);
  call.on("drain", writable.wake);
  call.on("cancelled", () => {
    readable.wake();
    writable.wake();
  });

  const isGone = (): boolean => call.cancelled || wasReset();
  const send: SendReply = (reply) => {
    if (isGone()) return false;
    incoming.refuseExpired();
    incoming.sendHeaders();
    return call.write(reply) || isGone() || writable.next().then(() => true);
  };
  try {
    await dispatcher.stream(incoming, requests(call, readable.next, isGone), send);
    if (isGone()) return;
    incoming.refuseExpired();
    incoming.answered();
    incoming.sendHeaders();
    call.end(incoming.trailers());
  } catch (reason) {
    if (isGone()) return; // nobody is left to be told
    incoming.answered();
    incoming.sendHeaders();
    const status = statusOf(MicroError.from(reason, "go.micro.server"));
    call.emit("error", { ...status, metadata: incoming.trailers(status.metadata) });
  }
}

/** The caller's messages. Throws 499 when the caller goes away, even while one is waited for. */
async function* requests(
  call: GrpcServerStream,
  readable: () => Promise<void>,
  isGone: () => boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    if (isGone()) throw cancelled("go.micro.server", "the caller gave up");
    const message = call.read() as Uint8Array | null;
    if (message !== null) yield message;
    else if (!call.readableEnded) await readable();
    else {
      // A stream that is cut off ends first and is known to be cut off a moment later.
      await new Promise((resolve) => setImmediate(resolve));
      if (!isGone()) return;
    }
  }
}

/** Lets one waiter sleep until the next `wake`; one that came while nobody slept is not forgotten. */
function wakeUp(): { wake(): void; next(): Promise<void> } {
  let awake = false;
  let resolve: (() => void) | undefined;
  return {
    wake() {
      if (resolve) resolve();
      else awake = true;
      resolve = undefined;
    },
    next() {
      if (!awake) return new Promise((wake) => (resolve = wake));
      awake = false;
      return Promise.resolve();
    },
  };
}
