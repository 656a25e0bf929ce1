import { type Codec, type Coder, fromTree, type MessageType, treeOf } from "@micro/core";
import { messageForm } from "./message-form.ts";
import { readBson, readDocument } from "./reader.ts";
import { writeBson } from "./writer.ts";

/** Under which content type `bsonCodec` and `bsonRpc` go. */
export interface BsonOptions {
  /** The content type to answer to. @default "application/bson" */
  contentType?: string;
}

/**
 * BSON, with the bytes that Go programs write through go-plugins' bsonrpc: keys are Go's names of the fields, strings
 * are binary, every field of a message is there, null where it is not set. Read are both forms of strings, and keys in
 * each spelling.
 *
 * Without a message type it carries plain values in plain BSON; what is no object travels as the only member, `_Val_`,
 * of one. No bytes at all are the empty message, or `null`.
 */
export function bsonCodec({ contentType = "application/bson" }: BsonOptions = {}): Codec {
  return {
    name: "bson",
    contentTypes: [contentType.toLowerCase()],
    coder: (type) => (type === undefined ? plainCoder : typedCoder(type)),
  };
}

const plainCoder: Coder = {
  encode: writeBson,
  decode: (bytes) => (bytes.length === 0 ? null : readBson(bytes)),
};

function typedCoder(type: MessageType): Coder {
  return {
    encode: (value) => writeBson(treeOf(type, value, messageForm)),
    decode: (bytes) => fromTree(type, bytes.length === 0 ? null : readDocument(bytes), messageForm),
  };
}
