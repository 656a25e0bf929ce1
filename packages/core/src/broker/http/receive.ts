import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Clock } from "../../words/clock.ts";
import { badRequest, internalServerError, MicroError, notFound, timeout, unavailable } from "../../words/errors.ts";
import type { BrokerMessage } from "../broker.ts";
import { brokerId, type MessageLimits } from "../checks.ts";
import type { Receiver } from "../receiver.ts";
import { v1, v2 } from "./dialect.ts";
import { decodeMessage } from "./message-json.ts";
import type { Room } from "./room.ts";

/** A subscription as the listener sees it. */
export interface Inlet {
  readonly receiver: Receiver;
  /** Bounds the bytes of messages that wait or are handled; further ones stay in their connections. */
  readonly room: Room;
}

export interface ReceiveParts {
  readonly limits: MessageLimits;
  /** How long the body of a request may take to come, in milliseconds. */
  readonly bodyTimeoutMs: number;
  readonly clock: Clock;
  /** The subscription of a node id; undefined when there is none, or none any more. */
  inlet(nodeId: string): Inlet | undefined;
  /** For messages that belong to no subscription. */
  readonly strangers: Room;
}

/** What is answered to a posted message. */
export interface Reply {
  readonly status: number;
  readonly error?: MicroError;
  /** Told besides a status 200, which go-micro answers to everything it could read, in a header it overlooks. */
  readonly refusal?: MicroError;
}

/** One posted message, from request to reply. The reply waits until the handler begins, or until it acknowledges. */
export async function receive(parts: ReceiveParts, request: IncomingMessage): Promise<Reply> {
  if (request.method !== "POST") return { status: 405, error: badRequest(brokerId, "Method not allowed") };
  const url = new URL(request.url ?? "/", "http://broker");
  const inlet = parts.inlet(url.searchParams.get("id") ?? "");
  const announced = Number(request.headers["content-length"] ?? longestBody(parts.limits));
  const leave = await (inlet?.room ?? parts.strangers).enter(announced);
  let finished = Promise.resolve();
  try {
    const { topic, message } = readMessage(await readBody(parts, request), url.pathname, parts.limits);
    if (!inlet || inlet.receiver.topic !== topic)
      return { status: 200, refusal: notFound(brokerId, "no such subscription") };
    const handling = inlet.receiver.receive(message);
    finished = handling.finished;
    return { status: 200, ...((await handling.taken) ? {} : { refusal: refusalOf(inlet) }) };
  } catch (reason) {
    const error = MicroError.from(reason, brokerId);
    return { status: error.code, error };
  } finally {
    void finished.then(leave);
  }
}

function refusalOf({ receiver }: Inlet): MicroError {
  return receiver.ended
    ? notFound(brokerId, "no such subscription any more")
    : unavailable(brokerId, "not acknowledged");
}

/** What the JSON of a message within the limits may have: base64 of the body, and room for headers. */
function longestBody({ maxMessageBytes }: MessageLimits): number {
  return Math.ceil(maxMessageBytes / 3) * 4 + 1024 * 1024;
}

function readBody({ limits, bodyTimeoutMs, clock }: ReceiveParts, request: IncomingMessage): Promise<Buffer> {
  const most = longestBody(limits);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const stopTimer = clock.after(
      bodyTimeoutMs,
      () => {
        reject(timeout(brokerId, `request body did not come within ${bodyTimeoutMs} ms`));
        request.destroy();
      },
      { background: true },
    );
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= most) chunks.push(chunk);
      else reject(new MicroError(brokerId, 413, `request body has more than ${most} bytes`));
    });
    request.once("end", () => {
      stopTimer();
      resolve(Buffer.concat(chunks));
    });
    const onBroken = (): void => {
      stopTimer();
      reject(internalServerError(brokerId, "Error reading request body: the connection was closed"));
    };
    request.once("error", onBroken);
    request.once("close", onBroken);
  });
}

function readMessage(body: Buffer, path: string, limits: MessageLimits): { topic: string; message: BrokerMessage } {
  const message = decoded(body, limits);
  const { headers } = message;
  const dialect = path === v1.path ? v1 : v2;
  const topic = headers[dialect.topicHeader.toLowerCase()] ?? "";
  if (topic === "") throw internalServerError(brokerId, "Topic not found");
  // go-micro's own handlers never saw the old dialect's header; the new one's is what subscribers go by.
  delete headers[v1.topicHeader];
  headers["micro-topic"] ??= topic;
  if (message.body.length > limits.maxMessageBytes)
    throw new MicroError(
      brokerId,
      413,
      `message has ${message.body.length} bytes; at most ${limits.maxMessageBytes} are allowed`,
    );
  return { topic, message };
}

function decoded(body: Buffer, { maxHeaders }: MessageLimits): BrokerMessage {
  try {
    return decodeMessage(body, maxHeaders);
  } catch (reason) {
    const why = reason instanceof Error ? reason.message : String(reason);
    throw internalServerError(brokerId, `Error parsing request body: ${why}`);
  }
}
