import type { Stream } from "@micro/http2";
import { compress, isWorthCompressing } from "./compress.ts";

const prefix = Buffer.alloc(5);

/** Sends one message of a gRPC body. False when the peer does not take more at the moment. */
export function writeMessage(stream: Stream, message: Uint8Array, end: boolean, compressed = false): boolean {
  // Small writes are copied at once, so one buffer serves every prefix.
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(message.length, 1);
  if (message.length === 0) return stream.write(prefix, end);
  stream.write(prefix);
  return stream.write(message, end);
}

/** The same, compressed when that makes it smaller. Writing the next message has to wait for it. */
export async function writeCompressed(stream: Stream, message: Uint8Array, end: boolean): Promise<boolean> {
  const packed = isWorthCompressing(message) ? await compress(message) : undefined;
  return packed ? writeMessage(stream, packed, end, true) : writeMessage(stream, message, end);
}
