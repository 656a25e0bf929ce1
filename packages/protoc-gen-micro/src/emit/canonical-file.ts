import {
  clearField,
  clone,
  type DescMessage,
  getExtension,
  type Message,
  type MessageShape,
  type Registry,
  setExtension,
} from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  EnumOptionsSchema,
  EnumValueOptionsSchema,
  ExtensionRangeOptionsSchema,
  type FieldDescriptorProto,
  FieldOptionsSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
  MethodOptionsSchema,
  OneofOptionsSchema,
  ServiceOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { jsonName } from "../json-name.ts";
import { defaultText } from "./default-text.ts";

/**
 * A copy of a descriptor that is the same whichever compiler read the file.
 *
 * Without places and comments, with every JSON name spelled out, without options that say nothing, and with each
 * extension that `registry` knows written once, by number.
 */
export function canonicalFile(proto: FileDescriptorProto, registry: Registry): FileDescriptorProto {
  const file = clone(FileDescriptorProtoSchema, proto);
  delete file.sourceCodeInfo;
  // proto2 is what a descriptor means that does not say its syntax.
  if (file.syntax === "proto2") clearField(file, FileDescriptorProtoSchema.field.syntax);
  const tidy = <Schema extends DescMessage>(owner: WithOptions<Schema>, schema: Schema): void =>
    tidyOptions(owner, schema, registry);

  function tidyField(field: FieldDescriptorProto): void {
    if (field.jsonName === "") field.jsonName = jsonName(field.name);
    const text = defaultText(field);
    if (text !== undefined) field.defaultValue = text;
    tidy(field, FieldOptionsSchema);
  }
  function tidyEnum(desc: EnumDescriptorProto): void {
    tidy(desc, EnumOptionsSchema);
    for (const value of desc.value) tidy(value, EnumValueOptionsSchema);
  }
  function tidyMessage(message: DescriptorProto): void {
    tidy(message, MessageOptionsSchema);
    for (const oneof of message.oneofDecl) tidy(oneof, OneofOptionsSchema);
    for (const range of message.extensionRange) tidy(range, ExtensionRangeOptionsSchema);
    for (const field of [...message.field, ...message.extension]) tidyField(field);
    message.enumType.forEach(tidyEnum);
    message.nestedType.forEach(tidyMessage);
  }

  tidy(file, FileOptionsSchema);
  file.extension.forEach(tidyField);
  file.enumType.forEach(tidyEnum);
  file.messageType.forEach(tidyMessage);
  for (const service of file.service) {
    tidy(service, ServiceOptionsSchema);
    for (const method of service.method) tidy(method, MethodOptionsSchema);
  }
  return file;
}

interface WithOptions<Schema extends DescMessage> {
  options?: MessageShape<Schema> | undefined;
}

function tidyOptions<Schema extends DescMessage>(owner: WithOptions<Schema>, schema: Schema, registry: Registry): void {
  const options: Message | undefined = owner.options;
  if (!options) return;
  for (const number of new Set(options.$unknown?.map(({ no }) => no))) {
    const extension = registry.getExtensionFor(schema, number);
    if (extension) setExtension(options, extension, getExtension(options, extension));
  }
  options.$unknown?.sort((a, b) => a.no - b.no);
  const isEmpty = schema.fields.every((field) => !isSet(options, field.localName)) && !options.$unknown?.length;
  if (isEmpty) delete owner.options;
}

/** Lists are always there, other fields of options only once they were set. */
function isSet(options: Message, key: string): boolean {
  const own: unknown = Object.getOwnPropertyDescriptor(options, key)?.value;
  return Array.isArray(own) ? own.length > 0 : own !== undefined;
}
