import type { OutgoingCall } from "../protocol/protocol.ts";
import { isReserved } from "../protocol/reply-metadata.ts";
import type { Message } from "../transport/transport.ts";
import { MicroError, unavailable } from "../words/errors.ts";
import { emptyMetadata, type Metadata } from "../words/metadata.ts";
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
  if (refusesContentType(headers, contentType)) throw fromErrorText(Buffer.from(body).toString("utf8", 0, 1000));
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

/**
 * Throws 503 when a unary reply says that it is to another request than that of this id. The call may have run, and
 * what comes after such a reply on its connection would be no better.
 *
 * go-micro's http transport begins each answer with the headers of its connection's first request, so the answer's own
 * id may stand under the older name alone, and a refused content type comes with none of its own.
 */
export function checkReplyTo(
  id: string,
  { headers, refusal }: Message,
  { contentType }: WireType,
  { address, endpoint }: { readonly address: string; readonly endpoint: string },
): void {
  const told = microHeader(headers, micro.id);
  if (told === id || told === "" || headers[`x-${micro.id}`] === id) return;
  if (refusal !== undefined || refusesContentType(headers, contentType)) return;
  const other = told.length > 40 ? `${told.slice(0, 40)}…` : told;
  const detail = `${address} answered request ${id}, ${endpoint}, with a reply to request ${other}`;
  throw unavailable("go.micro.client", detail);
}

/** How go-micro's server refuses a content type. */
function refusesContentType(headers: Metadata, contentType: string): boolean {
  const told = headers["content-type"]?.startsWith("text/plain") && !contentType.startsWith("text/plain");
  return told === true && microHeader(headers, micro.error) === "";
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
