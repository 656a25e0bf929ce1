import { decoder } from "./decode.ts";
import {
  type EnumDescriptor,
  type Features,
  type FieldDescriptor,
  type FileDescriptor,
  type FileDescriptorSet,
  fileDescriptorSet,
  type MessageDescriptor,
} from "./descriptor-schema.ts";
import { camelCase, type EnumSchema, type FieldSchema, type MessageSchema, type ScalarType } from "./schema.ts";

/**
 * The messages of a `google.protobuf.FileDescriptorSet`, by full name.
 *
 * A type that a field refers to and the set lacks is looked up in `others`.
 */
export function readDescriptors(
  bytes: Uint8Array,
  others: (name: string) => MessageSchema | undefined,
): ReadonlyMap<string, MessageSchema> {
  const { file } = decodeSet(bytes);
  const names: Names = { messages: new Map(), entries: new Map(), enums: new Map(), others };
  const later: (() => void)[] = [];
  for (const descriptor of file) declare(descriptor, names, later);
  // Fields are resolved when all names are known, since files refer to each other and messages to themselves.
  for (const resolve of later) resolve();
  return names.messages;
}

let decodeLazily: ((bytes: Uint8Array) => unknown) | undefined;

function decodeSet(bytes: Uint8Array): FileDescriptorSet {
  decodeLazily ??= decoder(fileDescriptorSet);
  return decodeLazily(bytes) as FileDescriptorSet;
}

interface Names {
  readonly messages: Map<string, MessageSchema>;
  /** The messages that stand for the entries of a map. */
  readonly entries: Map<string, MessageSchema>;
  readonly enums: Map<string, EnumSchema>;
  readonly others: (name: string) => MessageSchema | undefined;
}

// google.protobuf.FeatureSet
const presence = { explicit: 1, implicit: 2, legacyRequired: 3 };
const encoding = { packed: 1, expanded: 2 };
const delimited = 2;

/** What stands before a name: in its full form, and without the proto package. Both end with a dot or are empty. */
interface Scope {
  readonly full: string;
  readonly local: string;
}

function declare(file: FileDescriptor, names: Names, later: (() => void)[]): void {
  const features = inherit(syntaxFeatures(file.syntax), file.options?.features);
  const scope = file.package ? `${file.package}.` : "";
  const within: Scope = { full: scope, local: "" };
  for (const type of file.enumType) declareEnum(type, within, names);
  for (const type of file.messageType) declareMessage(type, within, features, names, later);
}

function syntaxFeatures(syntax: string | undefined): Features {
  if (syntax === "proto3") return { fieldPresence: presence.implicit, repeatedFieldEncoding: encoding.packed };
  if (syntax === "editions") return { fieldPresence: presence.explicit, repeatedFieldEncoding: encoding.packed };
  return { fieldPresence: presence.explicit, repeatedFieldEncoding: encoding.expanded };
}

function inherit(outer: Features, own: Features | undefined): Features {
  return {
    fieldPresence: own?.fieldPresence ?? outer.fieldPresence,
    repeatedFieldEncoding: own?.repeatedFieldEncoding ?? outer.repeatedFieldEncoding,
    messageEncoding: own?.messageEncoding ?? outer.messageEncoding,
  };
}

function declareEnum({ name, value }: EnumDescriptor, { full, local }: Scope, { enums }: Names): void {
  const names = new Map<number, string>();
  const numbers = new Map<string, number>();
  for (const { name: valueName = "", number = 0 } of value) {
    if (!names.has(number)) names.set(number, valueName);
    numbers.set(valueName, number);
  }
  enums.set(full + name, { name: full + name, localName: local + name, names, numbers });
}

function declareMessage(
  descriptor: MessageDescriptor,
  scope: Scope,
  outer: Features,
  names: Names,
  later: (() => void)[],
): void {
  const name = scope.full + descriptor.name;
  const localName = scope.local + descriptor.name;
  const within: Scope = { full: `${name}.`, local: `${localName}.` };
  const fields: FieldSchema[] = [];
  const features = inherit(outer, descriptor.options?.features);
  const kind = descriptor.options?.mapEntry ? names.entries : names.messages;
  kind.set(name, { name, localName, fields });
  for (const type of descriptor.enumType) declareEnum(type, within, names);
  // Entries first, so that they are resolved before the maps that are made of them.
  for (const type of descriptor.nestedType) declareMessage(type, within, features, names, later);
  later.push(() => {
    const oneofs: Oneof[] = descriptor.oneofDecl.map(({ name: oneof }) => ({ name: oneof, members: [] }));
    for (const field of descriptor.field) {
      const schema = fieldSchema(field, name, features, names, oneofs);
      if (schema === undefined) continue;
      fields.push(schema);
      if (schema.oneof !== undefined) oneofs[field.oneofIndex ?? -1]?.members.push(schema);
    }
  });
}

interface Oneof {
  readonly name: string | undefined;
  readonly members: FieldSchema[];
}

const required = 2;
const repeated = 3;
const group = 10;

function fieldSchema(
  field: FieldDescriptor,
  owner: string,
  outer: Features,
  names: Names,
  oneofs: readonly Oneof[],
): FieldSchema | undefined {
  const { name = "", typeName = "" } = field;
  const features = inherit(outer, field.options?.features);
  const type = typeNames[field.type ?? 0];
  if (field.type === group || (type === "message" && features.messageEncoding === delimited)) return undefined;
  if (type === undefined) throw new Error(`${owner}.${name} is of the unknown field type ${field.type}`);
  const refersTo = resolveName(typeName, owner, (full) => isKnown(full, names));
  const entry = type === "message" ? names.entries.get(refersTo) : undefined;
  const base = { name, key: field.jsonName ?? camelCase(name), number: field.number ?? 0, required: false };
  if (entry !== undefined) {
    const [keyField, value] = entry.fields;
    if (keyField === undefined || value === undefined) throw new Error(`${entry.name} is not the entry of a map`);
    return { ...value, ...base, mapKey: keyField.type as ScalarType, repeated: false, presence: false };
  }
  const many = field.label === repeated;
  const mustBeSet = field.label === required || features.fieldPresence === presence.legacyRequired;
  const oneof = field.oneofIndex === undefined || field.proto3Optional ? undefined : oneofs[field.oneofIndex];
  return {
    ...base,
    type,
    required: mustBeSet,
    repeated: many,
    packed: many && packable(type) && (field.options?.packed ?? features.repeatedFieldEncoding === encoding.packed),
    presence:
      !many &&
      (type === "message" ||
        oneof !== undefined ||
        field.proto3Optional === true ||
        features.fieldPresence !== presence.implicit),
    message: type === "message" ? find(names, refersTo, `${owner}.${name}`) : undefined,
    enumeration: type === "enum" ? (names.enums.get(refersTo) ?? unnamedEnum(refersTo)) : undefined,
    mapKey: undefined,
    oneof: oneof?.members,
    ...(oneof?.name !== undefined && { oneofName: oneof.name }),
  };
}

function packable(type: FieldSchema["type"]): boolean {
  return type !== "string" && type !== "bytes" && type !== "message";
}

function find({ messages, others }: Names, name: string, field: string): MessageSchema {
  const found = messages.get(name) ?? others(name);
  if (found === undefined) throw new Error(`${field} is of type ${name}, which is not in the descriptor set`);
  return found;
}

/**
 * The full name of a type. protoc writes it with a dot in front; other makers of descriptors leave a name as it stands in
 * the proto file, which is looked for from the innermost scope outwards.
 */
export function resolveName(typeName: string, scope: string, isKnown: (full: string) => boolean): string {
  if (typeName.startsWith(".")) return typeName.slice(1);
  for (let within = scope; within !== ""; within = within.slice(0, Math.max(0, within.lastIndexOf(".")))) {
    const full = `${within}.${typeName}`;
    if (isKnown(full)) return full;
  }
  return typeName;
}

function isKnown(full: string, { messages, entries, enums, others }: Names): boolean {
  return messages.has(full) || entries.has(full) || enums.has(full) || others(full) !== undefined;
}

/** An enum of a file that is not in the set: its numbers work, its names are not known. */
function unnamedEnum(name: string): EnumSchema {
  return { name, names: new Map(), numbers: new Map() };
}

// By the numbers of google.protobuf.FieldDescriptorProto.Type.
const typeNames: readonly (FieldSchema["type"] | undefined)[] = [
  undefined,
  "double",
  "float",
  "int64",
  "uint64",
  "int32",
  "fixed64",
  "fixed32",
  "bool",
  "string",
  undefined,
  "message",
  "bytes",
  "uint32",
  "enum",
  "sfixed32",
  "sfixed64",
  "sint32",
  "sint64",
];
