import type { Stream } from "@micro/http2";

const prefix = Buffer.alloc(5);

/** Sends one message of a gRPC body. False when the peer does not take more at the moment. */
export function writeMessage(stream: Stream, message: Uint8Array, end: boolean): boolean {
  // Small writes are copied at once, so one buffer serves every prefix.
  prefix.writeUInt32BE(message.length, 1);
  if (message.length === 0) return stream.write(prefix, end);
  stream.write(prefix);
  return stream.write(message, end);
}
