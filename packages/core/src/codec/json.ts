import { Buffer } from "node:buffer";
import type { FromJsonOptions, JsonOptions, MessageType } from "../words/description.ts";
import type { Codec, Coder } from "./codec.ts";
import { formatJson, isBlank, parseJson } from "./json-text.ts";

/** How `jsonCodec` writes, and how strictly it reads. */
export interface JsonCodecOptions {
  /**
   * How messages are written: `proto` is proto3 JSON, which gRPC peers send, `struct` is what mucp peers send: keys as in the
   * proto file, 64-bit integers and enums as numbers, a newline at the end. Both read both. @default "proto"
   */
  dialect?: "proto" | "struct";
  /**
   * Keys of the `proto` dialect: lowerCamelCase or as in the proto file. Go clients write the first and Go servers the
   * second; programs without the proto file mostly know the second. @default "proto"
   */
  names?: "json" | "proto";
  /**
   * What becomes of keys that the message has no field for, at any depth. Ignoring them is what lets a peer with a newer
   * proto file be understood, as protobuf does; `refuse` tells a caller of a misspelt key. @default "ignore"
   */
  unknownFields?: "ignore" | "refuse";
}

/**
 * JSON in UTF-8. An empty body and `null` are the empty message, or `null` where there is no message type.
 *
 * Plain values are read and written with all digits: integers beyond `Number.MAX_SAFE_INTEGER` are `bigint`.
 */
export function jsonCodec({
  dialect = "proto",
  names = "proto",
  unknownFields = "ignore",
}: JsonCodecOptions = {}): Codec {
  const struct = dialect === "struct";
  const writing: JsonOptions = struct ? { names: "proto", structTags: true } : { names };
  const reading: FromJsonOptions = { unknownFields };
  const end = struct ? "\n" : "";
  return {
    name: "json",
    contentTypes: struct ? ["application/json"] : ["application/grpc+json", "application/json"],
    coder: (type) => (type === undefined ? plainCoder(end) : typedCoder(type, writing, reading, end)),
  };
}

function typedCoder(type: MessageType, writing: JsonOptions, reading: FromJsonOptions, end: string): Coder {
  return {
    encode: (value) => Buffer.from(formatJson(type.toJson(value as object, writing)) + end),
    decode(bytes) {
      const json = isBlank(bytes) ? null : parseJson(bytes);
      return json === null ? type.decode(new Uint8Array(0)) : type.fromJson(json, reading);
    },
  };
}

function plainCoder(end: string): Coder {
  return {
    encode: (value) => Buffer.from(formatJson(value) + end),
    decode: (bytes) => (isBlank(bytes) ? null : parseJson(bytes)),
  };
}
