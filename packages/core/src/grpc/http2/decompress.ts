import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import { MessageTooLarge } from "./message-reader.ts";

/** What this side reads, as `grpc-accept-encoding` says it. */
export const acceptedEncodings = "identity,deflate,gzip";

const readers: Readonly<Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
};

/** Whether compressed messages of this `grpc-encoding` can be read. */
export function canDecompress(encoding: string): boolean {
  return encoding in readers;
}

/** The message before it was compressed. Rejects with a `MessageTooLarge` for more than `maxBytes`, and when the bytes are not of the encoding. */
export async function decompress(message: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  const read = readers[encoding];
  if (!read)
    throw new Error(
      `messages compressed with "${encoding}" cannot be read; known are ${Object.keys(readers).join(", ")}`,
    );
  try {
    return await read(message, { maxOutputLength: maxBytes });
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") throw reason;
    throw new MessageTooLarge(undefined, maxBytes);
  }
}
