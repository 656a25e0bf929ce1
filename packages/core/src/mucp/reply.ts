import type { OutgoingCall } from "../protocol/protocol.ts";
import { isReserved } from "../protocol/reply-metadata.ts";
import type { Message } from "../transport/transport.ts";
import { MicroError } from "../words/errors.ts";
import { emptyMetadata } from "../words/metadata.ts";
import type { WireType } from "./content-types.ts";
import { fromErrorText } from "./errors.ts";
import type { MessageLimits } from "./limits.ts";
import { endOfStream, micro, microHeader } from "./names.ts";

/** The body of a reply, or undefined for the end of a stream. Throws the error that it tells instead. */
export function readReply(
  { headers, body, refusal }: Message,
  { contentType, framing }: WireType,
  limits: MessageLimits,
): Uint8Array | undefined {
  if (refusal) throw refusal;
  const told = microHeader(headers, micro.error);
  if (told === endOfStream) return undefined;
  if (told !== "") throw fromErrorText(told);
  if (headers["content-type"]?.startsWith("text/plain") && !contentType.startsWith("text/plain")) {
    // How go-micro's server refuses a content type.
    throw fromErrorText(Buffer.from(body).toString("utf8", 0, 1000));
  }
  let frame: ReturnType<typeof framing.read>;
  try {
    frame = framing.read(body, "response");
  } catch (reason) {
    throw new MicroError("go.micro.client.codec", 500, `reply is no ${contentType}: ${textOf(reason)}`, {
      cause: reason,
    });
  }
  if (frame.error === endOfStream) return undefined;
  if (frame.error !== undefined) throw fromErrorText(frame.error);
  limits.check(frame.body, "reply");
  return frame.body;
}

/** Tells whoever listens the headers of a reply that are the program's. */
export function tellHeaders({ onHeaders }: OutgoingCall, { headers }: Message): void {
  if (!onHeaders) return;
  const metadata = emptyMetadata();
  for (const name in headers) if (!isReserved(name)) metadata[name] = headers[name] as string;
  onHeaders(metadata);
}

function textOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
