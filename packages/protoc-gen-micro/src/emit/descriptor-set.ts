import { create, type DescFile, type FileRegistry, toBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { canonicalFile } from "./canonical-file.ts";

/**
 * A file and what its types come from, as base64 of a `google.protobuf.FileDescriptorSet`, imports first.
 *
 * Imports that only give options, as `google/api/annotations.proto` does, are left out: with `descriptor.proto` behind
 * them they would be many times the size of the rest. The options themselves stay, for readers who know them.
 */
export function descriptorSetBase64(file: DescFile, registry: FileRegistry): string {
  const files = new Map<string, FileDescriptorProto>();
  const add = (desc: DescFile): void => {
    if (files.has(desc.proto.name)) return;
    const needed = neededFiles(desc, registry);
    for (const imported of needed) add(imported);
    files.set(desc.proto.name, withImports(canonicalFile(desc.proto, registry), needed));
  };
  add(file);
  const set = create(FileDescriptorSetSchema, { file: [...files.values()] });
  return Buffer.from(toBinary(FileDescriptorSetSchema, set)).toString("base64");
}

/** The files, other than itself, that declare the messages and enums a file names, sorted by name. */
function neededFiles({ proto }: DescFile, registry: FileRegistry): DescFile[] {
  const needed = new Map<string, DescFile>();
  for (const name of namedTypes(proto)) {
    const desc = registry.getMessage(name) ?? registry.getEnum(name);
    if (desc && desc.file.proto.name !== proto.name) needed.set(desc.file.proto.name, desc.file);
  }
  return [...needed.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function* namedTypes(file: FileDescriptorProto): Generator<string> {
  function* ofFields(fields: readonly FieldDescriptorProto[]): Generator<string> {
    for (const field of fields) {
      if (field.typeName !== "") yield field.typeName.slice(1);
      if (field.extendee !== "") yield field.extendee.slice(1);
    }
  }
  function* ofMessage(message: DescriptorProto): Generator<string> {
    yield* ofFields([...message.field, ...message.extension]);
    for (const nested of message.nestedType) yield* ofMessage(nested);
  }
  for (const message of file.messageType) yield* ofMessage(message);
  yield* ofFields(file.extension);
  for (const { inputType, outputType } of file.service.flatMap(({ method }) => method)) {
    yield inputType.slice(1);
    yield outputType.slice(1);
  }
}

/** Imports a type straight from the file that declares it, however the .proto file came to it. */
function withImports(proto: FileDescriptorProto, needed: readonly DescFile[]): FileDescriptorProto {
  proto.dependency = needed.map((desc) => desc.proto.name);
  proto.publicDependency = [];
  proto.weakDependency = [];
  return proto;
}
