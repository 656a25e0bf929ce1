import { Readable } from "node:stream";
import { badRequest, type Client, type Clock, MicroError, sleep, timeout, unavailable } from "@micro/core";
import { callMetadata } from "../call-metadata.ts";
import { callTypeOf } from "../call-type.ts";
import { errorAnswer } from "../error-answer.ts";
import { gatewayId } from "../gateway-id.ts";
import type { Handler } from "../handler.ts";
import { headerOf } from "../message.ts";
import { changedReply, type MessageSettings, rpcMessage } from "../rpc-handler.ts";
import { type StreamFormat, streamFormat } from "./format.ts";
import { preparedStreams } from "./prepared-streams.ts";
import type { StreamSettings } from "./settings.ts";

/**
 * Answers with all messages of a stream, to one request message: as server-sent events when the caller accepts
 * `text/event-stream`, else one JSON a line. The answer begins with the first message, so that a call that fails before has the
 * status of its error, or after a second. A service that is faster than the caller is made to wait.
 */
export function answerStreamHandler(
  client: Client,
  streams: Required<StreamSettings>,
  settings: MessageSettings,
  clock: Clock,
): Handler {
  const streamOf = preparedStreams(client);
  return async (request, route, { timeoutMs, timeoutAsked = false, signal }) => {
    const reading = request.readBody();
    if (reading) await reading;
    const type = callTypeOf(headerOf(request, "content-type"));
    if (type.kind === "protobuf")
      throw badRequest(gatewayId, `${route.endpoint} streams, for which protobuf needs a WebSocket; send JSON instead`);
    const message = await rpcMessage(request, route, type, settings);
    // Leaving a stream that is waiting for its next message takes a signal of its own.
    const leaving = new AbortController();
    const options = {
      metadata: callMetadata(request),
      signal: AbortSignal.any([signal, leaving.signal]),
      ...(timeoutAsked && { timeoutMs }),
    };
    const replies = streamOf(route, "application/json")(only(message), options)[Symbol.asyncIterator]();
    const format = streamFormat(headerOf(request, "accept"));
    const first = replies.next();
    await Promise.race([first, sleep(clock, headPatienceMs, undefined, { background: true })]);
    const source = { replies, first, leaving, closing: request.closing, format, clock, ...streams };
    const frames = framesOf(source, (reply) => changedReply(reply, route, type, settings));
    return { status: 200, headers: format.headers, body: Readable.from(frames, { objectMode: false }) };
  };
}

const headPatienceMs = 1_000;

interface Source extends Required<StreamSettings> {
  readonly replies: AsyncIterator<Uint8Array>;
  readonly first: Promise<IteratorResult<Uint8Array>>;
  readonly leaving: AbortController;
  readonly closing: AbortSignal;
  readonly format: StreamFormat;
  readonly clock: Clock;
}

/** The answer's text, piece by piece; failures are part of it, since the status has gone out already. */
async function* framesOf(
  { replies, first, leaving, closing, format, clock, idleMs, pingMs }: Source,
  change: (reply: Uint8Array) => Uint8Array,
): AsyncGenerator<string, void, undefined> {
  let next = first;
  let lastMs = clock.now();
  try {
    for (;;) {
      const result = await soon(next, clock, Math.min(pingMs, idleMs), closing);
      if (result === "closing")
        return void (yield format.failure(asJson(unavailable(gatewayId, "the gateway is closing"))));
      if (result === "late") {
        const silentMs = clock.now() - lastMs;
        if (silentMs >= idleMs)
          return void (yield format.failure(asJson(timeout(gatewayId, `no message for ${idleMs} ms`))));
        if (format.ping !== "") yield format.ping;
        continue;
      }
      if (result.done) return void (format.end !== "" && (yield format.end));
      lastMs = clock.now();
      yield format.message(Buffer.from(change(result.value)).toString());
      next = replies.next();
    }
  } catch (reason) {
    yield format.failure(asJson(MicroError.from(reason, gatewayId)));
  } finally {
    leaving.abort();
    next.catch(() => undefined); // told above, or of no interest to anybody any more
  }
}

/**
 * What comes next, unless it takes longer than `ms` or the gateway closes. Not a race of promises: each would leave
 * something behind on the signal for as long as the gateway runs.
 */
function soon<T>(next: Promise<T>, clock: Clock, ms: number, closing: AbortSignal): Promise<T | "late" | "closing"> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => settle(() => resolve("late")), { background: true });
    const onClosing = (): void => settle(() => resolve("closing"));
    function settle(outcome: () => void): void {
      cancel();
      closing.removeEventListener("abort", onClosing);
      outcome();
    }
    closing.addEventListener("abort", onClosing, { once: true });
    if (closing.aborted) onClosing();
    next.then(
      (value) => settle(() => resolve(value)),
      (reason) => settle(() => reject(reason)),
    );
  });
}

function asJson(error: MicroError): string {
  return errorAnswer(error).body;
}

async function* only<T>(value: T): AsyncGenerator<T, void, undefined> {
  yield value;
}
