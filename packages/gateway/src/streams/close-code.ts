import { MicroError } from "@micro/core";

/** The close code of a WebSocket for a stream that failed: 1013 when it may be tried again, 1011 otherwise. */
export function closeCode({ code }: Pick<MicroError, "code">): number {
  return code === 503 ? 1013 : 1011;
}

/** The error as the reason of a close, which has room for 123 bytes: code and detail, cut where a character ends. */
export function closeReason(reason: unknown): string {
  const text = reason instanceof MicroError ? `${reason.code} ${reason.detail}` : String(reason);
  let cut = text;
  while (Buffer.byteLength(cut) > 123) cut = cut.slice(0, Math.min(cut.length - 1, 123)).toWellFormed();
  return cut;
}
