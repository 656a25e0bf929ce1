import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { compressFromBytes } from "../compression.ts";

const pack: (message: Uint8Array) => Promise<Buffer> = promisify(gzip);

/** Whether a message is worth the attempt. */
export function isWorthCompressing(message: Uint8Array): boolean {
  return message.length >= compressFromBytes;
}

/** The message as gzip; undefined when that is no smaller. */
export async function compress(message: Uint8Array): Promise<Buffer | undefined> {
  const packed = await pack(message);
  return packed.length < message.length ? packed : undefined;
}
