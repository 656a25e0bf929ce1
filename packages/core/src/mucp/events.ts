import { type FramingTable, framingFor } from "../codec/rpc/framings.ts";
import type { IncomingEvent } from "../protocol/protocol.ts";
import type { Message } from "../transport/transport.ts";
import { MicroError } from "../words/errors.ts";
import type { Metadata } from "../words/metadata.ts";
import { micro, microHeader } from "./names.ts";

/** Something published that came as a message of mucp instead of by a broker. */
export type MucpEvent = IncomingEvent;

/** Takes an event; what it throws is told to the sender. */
export type MucpEventHandler = (event: MucpEvent) => Promise<void>;

/** Whether a message is an event and no call. */
export function isEvent({ headers }: Message): boolean {
  return microHeader(headers, micro.topic) !== "";
}

/** Hands an event on and gives what answers it: its own headers, and the error if there was one. */
export async function answerEvent(
  message: Message,
  handler: MucpEventHandler | undefined,
  own: FramingTable,
): Promise<Message> {
  const headers: Metadata = {};
  for (const key in message.headers) if (!ofConnection.has(key)) headers[key] = message.headers[key] as string;
  try {
    await takeEvent(message, handler, own);
  } catch (reason) {
    headers[micro.error] = MicroError.from(reason, "go.micro.server").message;
  }
  return { headers, body: new Uint8Array(0) };
}

async function takeEvent(
  { headers, body, refusal }: Message,
  handler: MucpEventHandler | undefined,
  own: FramingTable,
): Promise<void> {
  if (refusal) throw refusal;
  const topic = microHeader(headers, micro.topic);
  if (!handler) throw new MicroError("go.micro.server", 501, `events are not taken here; ${topic} was sent one`);
  const contentType = headers["content-type"] || "application/protobuf";
  const framing = framingFor(contentType, { own });
  if (!framing) throw new MicroError("go.micro.server", 500, `Unsupported Content-Type: ${contentType}`);
  await handler({ topic, contentType, headers, body: bodyOf(framing.read(body, "event")) });
}

function bodyOf({ body }: { readonly body: Uint8Array }): Uint8Array {
  return body;
}

const ofConnection: ReadonlySet<string> = new Set(["connection", "expect", "te", "trailer", "upgrade", "user-agent"]);
