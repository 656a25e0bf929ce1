import type { FieldSchema, MessageSchema } from "./schema.ts";

// What is read of google/protobuf/descriptor.proto, in our own terms, so that our decoder reads descriptors too.
// Fields that are not named here are passed over.

interface Draft extends MessageSchema {
  readonly fields: FieldSchema[];
}

function message(name: string, ...fields: FieldSchema[]): Draft {
  return { name: `google.protobuf.${name}`, fields };
}

function field(number: number, key: string, type: FieldSchema["type"], more: Partial<FieldSchema> = {}): FieldSchema {
  return {
    name: key,
    key,
    number,
    type,
    // proto2: zero and unset differ everywhere.
    presence: more.repeated !== true,
    required: false,
    repeated: false,
    packed: false,
    message: undefined,
    enumeration: undefined,
    mapKey: undefined,
    oneof: undefined,
    ...more,
  };
}

const text = (number: number, key: string): FieldSchema => field(number, key, "string");
const int = (number: number, key: string): FieldSchema => field(number, key, "int32");
const flag = (number: number, key: string): FieldSchema => field(number, key, "bool");
const one = (number: number, key: string, type: MessageSchema): FieldSchema =>
  field(number, key, "message", { message: type });
const many = (number: number, key: string, type: MessageSchema): FieldSchema =>
  field(number, key, "message", { message: type, repeated: true });

const features = message(
  "FeatureSet",
  int(1, "fieldPresence"),
  int(3, "repeatedFieldEncoding"),
  int(5, "messageEncoding"),
);
const messageOptions = message("MessageOptions", flag(7, "mapEntry"), one(12, "features", features));
const fieldOptions = message("FieldOptions", flag(2, "packed"), one(21, "features", features));
const fileOptions = message("FileOptions", one(50, "features", features));

const fieldDescriptor = message(
  "FieldDescriptorProto",
  text(1, "name"),
  int(3, "number"),
  int(4, "label"),
  int(5, "type"),
  text(6, "typeName"),
  one(8, "options", fieldOptions),
  int(9, "oneofIndex"),
  text(10, "jsonName"),
  flag(17, "proto3Optional"),
);
const enumValue = message("EnumValueDescriptorProto", text(1, "name"), int(2, "number"));
const enumDescriptor = message("EnumDescriptorProto", text(1, "name"), many(2, "value", enumValue));
const oneofDescriptor = message("OneofDescriptorProto", text(1, "name"));
const messageDescriptor = message(
  "DescriptorProto",
  text(1, "name"),
  many(2, "field", fieldDescriptor),
  many(4, "enumType", enumDescriptor),
  one(7, "options", messageOptions),
  many(8, "oneofDecl", oneofDescriptor),
);
messageDescriptor.fields.push(many(3, "nestedType", messageDescriptor));

const fileDescriptor = message(
  "FileDescriptorProto",
  text(1, "name"),
  text(2, "package"),
  many(4, "messageType", messageDescriptor),
  many(5, "enumType", enumDescriptor),
  one(8, "options", fileOptions),
  text(12, "syntax"),
  int(14, "edition"),
);

/** `google.protobuf.FileDescriptorSet`. */
export const fileDescriptorSet: MessageSchema = message("FileDescriptorSet", many(1, "file", fileDescriptor));

/** What the decoder gives for `fileDescriptorSet`. */
export interface FileDescriptorSet {
  readonly file: readonly FileDescriptor[];
}

/** `google.protobuf.FileDescriptorProto`. */
export interface FileDescriptor {
  readonly name: string | undefined;
  readonly package: string | undefined;
  readonly messageType: readonly MessageDescriptor[];
  readonly enumType: readonly EnumDescriptor[];
  readonly options: { readonly features: Features | undefined } | undefined;
  /** Absent in proto2, `proto3`, or `editions`. */
  readonly syntax: string | undefined;
}

/** `google.protobuf.DescriptorProto`. */
export interface MessageDescriptor {
  readonly name: string | undefined;
  readonly field: readonly FieldDescriptor[];
  readonly nestedType: readonly MessageDescriptor[];
  readonly enumType: readonly EnumDescriptor[];
  readonly oneofDecl: readonly { readonly name: string | undefined }[];
  readonly options: { readonly mapEntry: boolean | undefined; readonly features: Features | undefined } | undefined;
}

/** `google.protobuf.FieldDescriptorProto`. */
export interface FieldDescriptor {
  readonly name: string | undefined;
  readonly number: number | undefined;
  readonly label: number | undefined;
  readonly type: number | undefined;
  readonly typeName: string | undefined;
  readonly jsonName: string | undefined;
  readonly oneofIndex: number | undefined;
  readonly proto3Optional: boolean | undefined;
  readonly options: { readonly packed: boolean | undefined; readonly features: Features | undefined } | undefined;
}

/** `google.protobuf.EnumDescriptorProto`. */
export interface EnumDescriptor {
  readonly name: string | undefined;
  readonly value: readonly { readonly name: string | undefined; readonly number: number | undefined }[];
}

/** Numbers of the enums within `google.protobuf.FeatureSet`; unset ones are inherited. */
export interface Features {
  readonly fieldPresence?: number | undefined;
  readonly repeatedFieldEncoding?: number | undefined;
  readonly messageEncoding?: number | undefined;
}

const methodOptions = message("MethodOptions", int(34, "idempotencyLevel"));
const methodDescriptor = message(
  "MethodDescriptorProto",
  text(1, "name"),
  text(2, "inputType"),
  text(3, "outputType"),
  one(4, "options", methodOptions),
  flag(5, "clientStreaming"),
  flag(6, "serverStreaming"),
);
const serviceDescriptor = message("ServiceDescriptorProto", text(1, "name"), many(2, "method", methodDescriptor));
const serviceFile = message("FileDescriptorProto", text(2, "package"), many(6, "service", serviceDescriptor));

/** `google.protobuf.FileDescriptorSet`, of which only the services are read. */
export const servicesOfFiles: MessageSchema = message("FileDescriptorSet", many(1, "file", serviceFile));

/** What the decoder gives for `servicesOfFiles`. */
export interface ServiceFileSet {
  readonly file: readonly {
    readonly package: string | undefined;
    readonly service: readonly { readonly name: string | undefined; readonly method: readonly MethodDescriptor[] }[];
  }[];
}

/** `google.protobuf.MethodDescriptorProto`. */
export interface MethodDescriptor {
  readonly name: string | undefined;
  readonly inputType: string | undefined;
  readonly outputType: string | undefined;
  readonly options: { readonly idempotencyLevel: number | undefined } | undefined;
  readonly clientStreaming: boolean | undefined;
  readonly serverStreaming: boolean | undefined;
}
