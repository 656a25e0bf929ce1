import type { Codec, Coder } from "./codec.ts";

/** Bytes as they are, whatever the message type: for proxies and for payloads that have a format of their own. */
export const bytesCodec: Codec = {
  name: "bytes",
  contentTypes: ["application/grpc+bytes"],
  coder: () => rawBytes("the bytes codec"),
};

/** Hands bytes through; `who` says in errors what takes nothing else. */
export function rawBytes(who: string): Coder {
  return {
    encode(value) {
      if (value instanceof Uint8Array) return value;
      throw new TypeError(`${who} takes a Uint8Array, got ${value === null ? "null" : typeof value}`);
    },
    decode: (bytes) => bytes,
  };
}
