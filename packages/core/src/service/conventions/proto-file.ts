import { Reader, wire } from "../../codec/protobuf/reader.ts";

/** What one `google.protobuf.FileDescriptorProto` declares, and its bytes as they were compiled. */
export interface ProtoFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Names of the files that it imports. */
  readonly imports: readonly string[];
  /** Full names of everything it declares: services, methods, messages, fields, oneofs, enums, their values, extensions. */
  readonly symbols: readonly string[];
  /** Those of the symbols that are messages. */
  readonly messages: readonly string[];
  readonly extensions: readonly Extension[];
}

export interface Extension {
  /** Full name of the message that is extended. */
  readonly extendee: string;
  readonly number: number;
}

/** The files in the bytes of a `google.protobuf.FileDescriptorSet`. Throws when they are none. */
export function readFiles(set: Uint8Array): ProtoFile[] {
  return bytesOf(fieldsOf(set), 1).map(readFile);
}

interface Found {
  readonly symbols: string[];
  readonly messages: string[];
  readonly extensions: Extension[];
}

// Field numbers of google/protobuf/descriptor.proto; every declaration has its name in field 1.
function readFile(bytes: Uint8Array): ProtoFile {
  const file = fieldsOf(bytes);
  const found: Found = { symbols: [], messages: [], extensions: [] };
  const scope = textsOf(file, 2)[0] ?? "";
  for (const message of bytesOf(file, 4)) addMessage(message, scope, found);
  for (const enumeration of bytesOf(file, 5)) addEnum(enumeration, scope, found);
  for (const service of bytesOf(file, 6)) {
    const fields = fieldsOf(service);
    const name = add(fields, scope, found);
    for (const method of bytesOf(fields, 2)) add(fieldsOf(method), name, found);
  }
  for (const extension of bytesOf(file, 7)) addExtension(extension, scope, found);
  return { name: textsOf(file, 1)[0] ?? "", bytes, imports: textsOf(file, 3), ...found };
}

function addMessage(bytes: Uint8Array, scope: string, found: Found): void {
  const fields = fieldsOf(bytes);
  const name = add(fields, scope, found);
  found.messages.push(name);
  for (const field of bytesOf(fields, 2)) add(fieldsOf(field), name, found);
  for (const nested of bytesOf(fields, 3)) addMessage(nested, name, found);
  for (const enumeration of bytesOf(fields, 4)) addEnum(enumeration, name, found);
  for (const extension of bytesOf(fields, 6)) addExtension(extension, name, found);
  for (const oneof of bytesOf(fields, 8)) add(fieldsOf(oneof), name, found);
}

function addEnum(bytes: Uint8Array, scope: string, found: Found): void {
  const fields = fieldsOf(bytes);
  add(fields, scope, found);
  // Values are named beside their enum, not within it.
  for (const value of bytesOf(fields, 2)) add(fieldsOf(value), scope, found);
}

function addExtension(bytes: Uint8Array, scope: string, found: Found): void {
  const fields = fieldsOf(bytes);
  add(fields, scope, found);
  const number = fields.get(3)?.find((value) => typeof value === "number") ?? 0;
  found.extensions.push({ extendee: (textsOf(fields, 2)[0] ?? "").replace(/^\./, ""), number });
}

function add(fields: Fields, scope: string, { symbols }: Found): string {
  const name = textsOf(fields, 1)[0] ?? "";
  const fullName = scope === "" ? name : `${scope}.${name}`;
  symbols.push(fullName);
  return fullName;
}

type Fields = ReadonlyMap<number, readonly (Uint8Array | number)[]>;

/** The values of each field: bytes of length-delimited ones, in place; numbers of varints. */
function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, (Uint8Array | number)[]>();
  const reader = new Reader(bytes);
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    const wireType = tag & 7;
    if (wireType !== wire.bytes && wireType !== wire.varint) {
      reader.skip(tag);
      continue;
    }
    const values = fields.get(tag >>> 3) ?? [];
    values.push(wireType === wire.bytes ? within(reader) : reader.uint32());
    fields.set(tag >>> 3, values);
  }
  return fields;
}

function within(reader: Reader): Uint8Array {
  const length = reader.length();
  const { pos } = reader;
  reader.advance(length);
  return reader.buf.subarray(pos, reader.pos);
}

function bytesOf(fields: Fields, number: number): Uint8Array[] {
  return (fields.get(number) ?? []).filter((value) => typeof value !== "number");
}

function textsOf(fields: Fields, number: number): string[] {
  return bytesOf(fields, number).map((value) => Buffer.from(value).toString("utf8"));
}
