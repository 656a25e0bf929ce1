import type { OutgoingCall } from "../protocol/protocol.ts";
import type { Socket } from "../transport/transport.ts";
import { MicroError, unavailable } from "../words/errors.ts";
import type { Metadata } from "../words/metadata.ts";
import { frameBytes, isGrpcType } from "./content-types.ts";
import { type EndQuestion, endQuestion, questionHeaders, saysItIsOver } from "./end-question.ts";
import { refuseExpired, watchExpiry } from "./expiry.ts";
import type { MessageLimits } from "./limits.ts";
import { endOfStream, micro } from "./names.ts";
import { readReply, tellHeaders } from "./reply.ts";
import { type RequestPlan, requestHeaders } from "./request.ts";

export interface ClientStreamParts {
  readonly call: OutgoingCall;
  readonly plan: RequestPlan;
  readonly id: string;
  readonly address: string;
  readonly limits: MessageLimits;
  /** A connection for this stream alone. */
  open(signal: AbortSignal): Promise<Socket>;
}

const done = { done: true, value: undefined } as const;
const noBody = new Uint8Array(0);

/**
 * One streaming call on a connection of its own.
 *
 * go-micro's servers say nothing at the end of a stream that the caller has ended first. A call with one reply is
 * therefore over with it, a caller with one request never says that it has ended, and one with many asks for the end.
 */
export function clientStream(
  { call, plan, id, address, limits, open }: ClientStreamParts,
  messages: AsyncIterable<Uint8Array>,
): AsyncIterator<Uint8Array> {
  const { kind, endpoint } = call.target;
  const giveUp = new AbortController();
  let socket: Socket | undefined;
  // Set when the call is over; undefined inside for a good end, which is also that of one whose error was thrown.
  let over: { reason: unknown } | undefined;
  let reading = false;
  let replied = false;
  let sending: AsyncIterator<Uint8Array> | undefined;
  let stopWatch = (): void => undefined;
  let question: EndQuestion | undefined;

  async function begin(): Promise<Socket> {
    refuseExpired(call);
    stopWatch = watchExpiry(call, fail);
    const opened = await open(giveUp.signal);
    socket = opened;
    void send(opened, { ...requestHeaders(plan, id, call), [micro.stream]: id });
    return opened;
  }

  const frame = (body: Uint8Array): Uint8Array => frameBytes(plan, { kind: "request", id, method: endpoint, body });

  async function send(opened: Socket, opening: Metadata): Promise<void> {
    const { timeout: _once, ...further } = opening;
    let headers = opening;
    try {
      // Servers do not look at the body of the message that opens a stream, but for those types under which it is the first.
      if (!(kind === "server-stream" && isGrpcType(plan.contentType))) {
        await opened.send({ headers, body: isGrpcType(plan.contentType) ? noBody : frame(noBody) });
        headers = further;
      }
      sending = messages[Symbol.asyncIterator]();
      // Looks before it takes: a message taken after the end would be lost to an attempt at another node.
      for (;;) {
        if (over) return;
        const next = await sending.next();
        if (over) return;
        if (next.done) break;
        limits.check(next.value, `message of ${endpoint}`);
        await opened.send({ headers, body: frame(next.value) });
        headers = further;
      }
      if (kind === "server-stream" && headers === further) return;
      if (headers === opening) await opened.send({ headers, body: noBody });
      await opened.send({ headers: { ...further, [micro.error]: endOfStream }, body: noBody });
      if (kind === "duplex" && !over) question = endQuestion(() => ask(opened, further));
    } catch (reason) {
      // A connection that is over tells its end to the reader, after the replies that came before it.
      if (!(reason instanceof MicroError && reason.code === 503 && opened.isClosed)) fail(reason);
    }
  }

  function ask(opened: Socket, further: Metadata): void {
    // Whoever does not read has not seen all that came.
    if (!reading || opened.arrived > 0) return;
    opened.send({ headers: questionHeaders(further), body: noBody }).catch(() => undefined); // the reader is told of a connection that is over
  }

  function finish(reason: unknown): void {
    if (over) return;
    over = { reason };
    stopWatch();
    question?.stop();
    // Not awaited: an iterator that waits for its next message answers only after that.
    sending?.return?.().catch(() => undefined); // whoever made the messages hears of the end by this call, not of a failure to hear it
  }

  /** Cancels the call; whoever reads gets `reason`. */
  function fail(reason: unknown): void {
    finish(reason);
    giveUp.abort(reason);
    socket?.abort();
  }

  /** Ends the call as the server has ended it. */
  function complete(): void {
    finish(undefined);
    socket?.close();
  }

  async function receive(): Promise<IteratorResult<Uint8Array>> {
    const used = socket ?? (await begin());
    const message = await used.receive();
    if (!message) throw unavailable("go.micro.client", `${address} closed the connection in the middle of ${endpoint}`);
    question?.heard();
    if (question && saysItIsOver(message.headers)) {
      complete();
      return done;
    }
    if (!replied) tellHeaders(call, message);
    replied = true;
    const reply = readReply(message, plan, limits);
    if (!reply || kind === "client-stream") complete();
    return reply ? { done: false, value: reply } : done;
  }

  /** Throws the reason of a bad end, once. */
  function ended(): IteratorResult<Uint8Array> {
    const reason = over?.reason;
    over = { reason: undefined };
    if (reason !== undefined) throw reason;
    return done;
  }

  return {
    async next() {
      if (over) return ended();
      if (reading) throw new MicroError("go.micro.client", 500, "a stream is read by one reader at a time");
      reading = true;
      try {
        return await receive();
      } catch (reason) {
        fail(reason); // unless it is over already: then this is how the connection tells of that
        return ended();
      } finally {
        reading = false;
      }
    },
    async return() {
      fail(undefined);
      over = { reason: undefined };
      return done;
    },
  };
}
