import { type Codec, type Coder, fromTree, goFieldName, type MessageType, type TreeForm, treeOf } from "@micro/core";
import { Real, Unsigned } from "./numbers.ts";
import { readMsgpack } from "./reader.ts";
import { writeMsgpack } from "./writer.ts";

/** How `msgpackCodec` and `msgpackRpc` write, and under which content type. */
export interface MsgpackOptions {
  /** The content type to answer to. @default "application/msgpack" */
  contentType?: string;
  /**
   * The keys of messages: as in the proto file, for Go structs with tags such as `msg:"user_name"`, or as Go names its
   * fields, `UserName`, for structs without. Both are read. @default "proto"
   */
  names?: "proto" | "go";
}

/**
 * MessagePack, with the bytes that Go programs on tinylib/msgp write: every field of a message, `nil` where it is not
 * set, numbers in as few bytes as their type allows.
 *
 * Without a message type it carries plain values: whole numbers as integers, `bigint` beyond
 * `Number.MAX_SAFE_INTEGER`, `Uint8Array`, `Date`. No bytes at all are the empty message, or `null`.
 */
export function msgpackCodec({ contentType = "application/msgpack", names = "proto" }: MsgpackOptions = {}): Codec {
  const form = names === "go" ? goForm : protoForm;
  return {
    name: "msgpack",
    contentTypes: [contentType.toLowerCase()],
    coder: (type) => (type === undefined ? plainCoder : typedCoder(type, form)),
  };
}

const plainCoder: Coder = {
  encode: writeMsgpack,
  decode: (bytes) => (bytes.length === 0 ? null : readMsgpack(bytes)),
};

function typedCoder(type: MessageType, form: TreeForm): Coder {
  return {
    encode: (value) => writeMsgpack(treeOf(type, value, form)),
    decode: (bytes) => fromTree(type, bytes.length === 0 ? null : readMsgpack(bytes), form),
  };
}

const protoForm: TreeForm = { key: ({ name }) => name, write: writeScalar, read: readScalar };
const goForm: TreeForm = { ...protoForm, key: goFieldName };

function writeScalar(type: string, value: unknown): unknown {
  switch (type) {
    case "double":
      return new Real(value as number, 64);
    case "float":
      return new Real(value as number, 32);
    case "uint32":
    case "uint64":
    case "fixed32":
    case "fixed64":
      return new Unsigned(BigInt(value as number | bigint));
    default:
      return value;
  }
}

function readScalar(type: string, value: unknown): unknown {
  if (typeof value === "bigint") return type === "double" || type === "float" ? Number(value) : value;
  if (typeof value === "number" && /64$/.test(type) && Number.isInteger(value)) return BigInt(value);
  return value;
}
