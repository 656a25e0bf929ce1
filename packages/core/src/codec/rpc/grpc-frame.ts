import { Buffer } from "node:buffer";
import type { Codec } from "../codec.ts";
import { protobufCodec } from "../protobuf.ts";
import { empty, emptyFrame, type Framing } from "./framing.ts";
import { escapeHtml } from "./go-json.ts";
import { structJsonCodec } from "./struct-json.ts";

/** `application/grpc` and `application/grpc+proto` over mucp: one frame of gRPC, a 0 and the length in 4 bytes, around the value. */
export const grpcFraming: Framing = grpcFrame(protobufCodec, (body) => body);

/** `application/grpc+json` over mucp: the same around JSON by Go's struct tags. */
export const grpcJsonFraming: Framing = grpcFrame(structJsonCodec, (body) => escapeHtml(withoutNewline(body)));

function grpcFrame(codec: Codec, prepare: (body: Uint8Array) => Uint8Array): Framing {
  return {
    name: "grpc",
    codec,
    write({ kind, body, error }) {
      // Go writes no frame for the empty message either, and its client fails on the reply that is then missing.
      const nothing = error !== undefined || (body.length === 0 && kind !== "response");
      return nothing ? empty : prefixed(prepare(body));
    },
    read: (message, kind) => ({ ...emptyFrame(kind), body: unprefixed(message) }),
  };
}

const prefixBytes = 5;

function prefixed(body: Uint8Array): Uint8Array {
  const message = Buffer.allocUnsafe(prefixBytes + body.length);
  message[0] = 0;
  message.writeUInt32BE(body.length, 1);
  message.set(body, prefixBytes);
  return message;
}

function unprefixed(message: Uint8Array): Uint8Array {
  if (message.length === 0) return empty;
  if (message.length < prefixBytes)
    throw new Error(`grpc frame: ${message.length} bytes, its head alone has ${prefixBytes}`);
  if (message[0] !== 0) throw new Error(`grpc frame: compressed or unknown, its first byte is ${message[0]} and not 0`);
  const length = new DataView(message.buffer, message.byteOffset).getUint32(1);
  const left = message.length - prefixBytes;
  if (length !== left) throw new Error(`grpc frame: claims ${length} bytes, ${left} follow`);
  return message.subarray(prefixBytes);
}

function withoutNewline(json: Uint8Array): Uint8Array {
  return json[json.length - 1] === 0x0a ? json.subarray(0, -1) : json;
}
