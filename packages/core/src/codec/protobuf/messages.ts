import type { FieldDescription, MessageType } from "../../words/description.ts";
import { copier } from "./copy.ts";
import { decoder } from "./decode.ts";
import { readDescriptors } from "./descriptor.ts";
import { encoder } from "./encode.ts";
import { messageFromJson } from "./json-read.ts";
import { messageToJson } from "./json-write.ts";
import { mismatchError } from "./mismatch.ts";
import type { FieldSchema, MessageSchema } from "./schema.ts";
import { wellKnownFiles } from "./well-known-files.ts";

/** The messages of a proto file and of all it imports. */
export interface Messages {
  /** The message of this full name; that there is one is checked when it is used. */
  type<T = unknown>(fullName: string): MessageType<T>;
  /** Whether there is a message of this full name. */
  has(fullName: string): boolean;
  /** The bytes of the `google.protobuf.FileDescriptorSet` that the messages come from. */
  files(): Uint8Array;
}

/**
 * Messages from the bytes of a `google.protobuf.FileDescriptorSet`, or their base64, with all imports in it. The
 * well-known types (`google.protobuf.Timestamp`, …) may be missing: they are known.
 *
 * Does nothing until a message is used, so that importing generated code costs next to nothing: the descriptors are
 * read once for the file, an encoder or decoder is made once for the message.
 */
export function loadMessages(files: string | Uint8Array): Messages {
  const bytes = once(() => (typeof files === "string" ? Buffer.from(files, "base64") : files));
  const schemas = once(() => readDescriptors(bytes(), (name) => wellKnown().get(name)));
  const find = (name: string): MessageSchema | undefined => schemas().get(name) ?? wellKnown().get(name);
  const types = new Map<string, MessageType>();
  const type = (name: string): MessageType => {
    let made = types.get(name);
    if (made === undefined) {
      made = messageType(name, find, type);
      types.set(name, made);
    }
    return made;
  };
  return {
    type: <T>(name: string) => type(name) as MessageType<T>,
    has: (name) => find(name) !== undefined,
    files: bytes,
  };
}

const wellKnown = once(() => readDescriptors(Buffer.from(wellKnownFiles, "base64"), () => undefined));

function messageType(
  name: string,
  find: (name: string) => MessageSchema | undefined,
  typeOf: (name: string) => MessageType,
): MessageType {
  const schema = once(() => {
    const found = find(name);
    if (found === undefined) throw new Error(`there is no message ${name} in the descriptor set`);
    return found;
  });
  const fields = once(() => schema().fields.map((field) => describe(field, typeOf)));
  const encode = once(() => encoder(schema()));
  const decode = once(() => decoder(schema()));
  const copy = once(() => copier(schema()));
  return {
    name,
    get localName() {
      return schema().localName ?? name;
    },
    get fields() {
      return fields();
    },
    encode: (value) => encode()(value),
    decode: (bytes) => decode()(bytes),
    decodeOwned: (bytes) => decode()(bytes, true),
    copy: (value) => copy()(value),
    toJson(value, { names = "json", structTags = false } = {}) {
      const style = { protoNames: structTags || names === "proto", structTags, ignoreUnknown: false, find };
      try {
        return messageToJson(schema(), value, style);
      } catch (reason) {
        throw mismatchError(reason, name);
      }
    },
    fromJson(json, { unknownFields = "refuse" } = {}) {
      const style = { protoNames: false, structTags: false, ignoreUnknown: unknownFields === "ignore", find };
      try {
        return messageFromJson(schema(), json, style);
      } catch (reason) {
        throw mismatchError(reason, name);
      }
    },
  };
}

function describe(field: FieldSchema, typeOf: (name: string) => MessageType): FieldDescription {
  const { name, key, type, message, enumeration, oneofName, repeated, mapKey } = field;
  return {
    name,
    key,
    type,
    ...(message !== undefined && { message: () => typeOf(message.name) }),
    ...(enumeration?.localName !== undefined && { enumName: enumeration.localName }),
    ...(oneofName !== undefined && { oneof: oneofName }),
    ...(repeated && { repeated }),
    ...(mapKey !== undefined && { mapKey }),
  };
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
