import { rawBytes } from "./bytes.ts";
import type { Codec } from "./codec.ts";

/** The protobuf wire format. Without a message type the value is the bytes themselves. */
export const protobufCodec: Codec = {
  name: "protobuf",
  contentTypes: [
    "application/grpc+proto",
    "application/grpc",
    "application/proto",
    "application/protobuf",
    "application/octet-stream",
  ],
  coder: (type) => {
    if (type === undefined) return rawBytes("without a message type, protobuf");
    return {
      encode: (value) => type.encode(value as object),
      decode: (bytes) => type.decode(bytes),
      decodeOwned: (bytes) => (type.decodeOwned ? type.decodeOwned(bytes) : type.decode(bytes)),
    };
  },
};
