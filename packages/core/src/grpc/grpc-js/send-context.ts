import { compressFromBytes } from "../compression.ts";

// `WriteFlags.NoCompress` of grpc-js, which does not export it.
const uncompressed = { flags: 2 };
const plain = {};

/** How grpc-js is to send a message: small ones are not compressed where others are. */
export function sendContext(message: Uint8Array): { flags?: number } {
  return message.length < compressFromBytes ? uncompressed : plain;
}
