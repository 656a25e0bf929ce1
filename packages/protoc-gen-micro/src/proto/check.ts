import { isFieldSet } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { ProtoError } from "../diagnostics.ts";
import type { ParsedFile } from "./parsed-file.ts";
import { declaredSymbols, type Symbols } from "./symbols.ts";

/** Adds what a file declares to `symbols`. Throws `ProtoError` for a name that is declared twice. */
export function declareSymbols(file: ParsedFile, symbols: Symbols): void {
  for (const [name, entry] of declaredSymbols(file.proto)) {
    const other = symbols.get(name);
    if (!other) {
      symbols.set(name, entry);
    } else if (other.kind !== "package" || entry.kind !== "package") {
      const position = file.places.get(entry.descriptor) ?? { file: file.proto.name, line: 1, column: 1 };
      throw new ProtoError(
        position,
        `found the ${entry.kind} ${name}, but ${other.file} has the ${other.kind} ${name}`,
      );
    }
  }
}

/** Throws `ProtoError` for what can be written but makes no sense, such as two fields with one number. */
export function checkFile(file: ParsedFile, symbols: Symbols): void {
  const proto3 = file.proto.syntax === "proto3";
  // The annotation lets the compiler know that nothing comes after a call.
  const fail: (at: object, reason: string) => never = (at, reason) => {
    throw new ProtoError(file.places.get(at) ?? { file: file.proto.name, line: 1, column: 1 }, reason);
  };

  function checkEnum(desc: EnumDescriptorProto): void {
    const [first] = desc.value;
    if (!first) fail(desc, `the enum ${desc.name} has no values, expected one at least`);
    if (proto3 && first.number !== 0) {
      fail(first, `the first value of ${desc.name} is ${first.number}, expected 0, which proto3 takes as the default`);
    }
    const byNumber = new Map<number, string>();
    for (const value of desc.value) {
      const other = byNumber.get(value.number);
      if (other !== undefined && !desc.options?.allowAlias) {
        fail(value, `${value.name} has the number ${value.number} of ${other}: set allow_alias if that is meant`);
      }
      byNumber.set(value.number, value.name);
      if (desc.reservedName.includes(value.name)) fail(value, `the name ${value.name} is reserved`);
      if (desc.reservedRange.some(({ start, end }) => start <= value.number && value.number <= end)) {
        fail(value, `the number ${value.number} is reserved`);
      }
    }
  }

  function checkMessage(desc: DescriptorProto): void {
    const byNumber = new Map<number, string>();
    for (const field of desc.field) {
      const other = byNumber.get(field.number);
      if (other !== undefined) fail(field, `${field.name} has the number ${field.number} of ${other}`);
      byNumber.set(field.number, field.name);
      if (desc.reservedName.includes(field.name)) fail(field, `the name ${field.name} is reserved`);
      if (desc.reservedRange.some(({ start, end }) => start <= field.number && field.number < end)) {
        fail(field, `the number ${field.number} is reserved`);
      }
      if (desc.extensionRange.some(({ start, end }) => start <= field.number && field.number < end)) {
        fail(field, `the number ${field.number} is left to extensions`);
      }
      checkDefault(field);
    }
    checkRanges(desc);
    if (desc.options?.mapEntry) checkMapValue(desc);
    for (const [index, oneof] of desc.oneofDecl.entries()) {
      const members = desc.field.filter((field) => isInOneof(field) && field.oneofIndex === index);
      if (members.length === 0) fail(oneof, `the oneof ${oneof.name} has no fields, expected one at least`);
    }
    desc.nestedType.forEach(checkMessage);
    desc.enumType.forEach(checkEnum);
    desc.extension.forEach(checkExtension);
  }

  function checkRanges(desc: DescriptorProto): void {
    const ranges = [...desc.reservedRange, ...desc.extensionRange].sort((a, b) => a.start - b.start);
    for (const [index, range] of ranges.entries()) {
      const before = ranges[index - 1];
      if (before && range.start < before.end) {
        fail(desc, `${desc.name} reserves the number ${range.start} twice, or reserves it and leaves it to extensions`);
      }
    }
    const twice = desc.reservedName.find((name, index) => desc.reservedName.indexOf(name) !== index);
    if (twice !== undefined) fail(desc, `${desc.name} reserves the name ${twice} twice`);
  }

  /** An entry without a value has the first of the enum, which must be the same for all readers. */
  function checkMapValue(entry: DescriptorProto): void {
    const value = entry.field.find(({ name }) => name === "value");
    const type = value?.type === Type.ENUM ? symbols.get(value.typeName.slice(1))?.descriptor : undefined;
    if (isEnum(type) && type.value[0]?.number !== 0) {
      fail(entry, `found a map of ${type.name}, an enum whose first value is not 0`);
    }
  }

  function checkDefault(field: FieldDescriptorProto): void {
    if (!isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue)) return;
    if (field.type === Type.MESSAGE || field.type === Type.GROUP) {
      fail(field, `${field.name} has a default, which messages do not have`);
    }
    if (field.type !== Type.ENUM) return;
    const entry = symbols.get(field.typeName.slice(1))?.descriptor;
    if (!isEnum(entry) || entry.value.some(({ name }) => name === field.defaultValue)) return;
    fail(
      field,
      `${field.name} has the default ${field.defaultValue}, which is not a value of ${field.typeName.slice(1)}`,
    );
  }

  function checkExtension(field: FieldDescriptorProto): void {
    checkDefault(field);
    const extended = symbols.get(field.extendee.slice(1))?.descriptor;
    if (!isMessage(extended)) return;
    if (proto3 && !/^\.google\.protobuf\.\w+Options$/.test(field.extendee)) {
      fail(field, `found an extension of ${field.extendee.slice(1)}, but proto3 extends only options`);
    }
    if (!extended.extensionRange.some(({ start, end }) => start <= field.number && field.number < end)) {
      fail(field, `${field.extendee.slice(1)} does not leave the number ${field.number} to extensions`);
    }
  }

  file.proto.messageType.forEach(checkMessage);
  file.proto.enumType.forEach(checkEnum);
  file.proto.extension.forEach(checkExtension);
}

function isInOneof(field: FieldDescriptorProto): boolean {
  return isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex);
}

function isEnum(descriptor: object | undefined): descriptor is EnumDescriptorProto {
  return hasTypeName(descriptor) && descriptor.$typeName === "google.protobuf.EnumDescriptorProto";
}

function isMessage(descriptor: object | undefined): descriptor is DescriptorProto {
  return hasTypeName(descriptor) && descriptor.$typeName === "google.protobuf.DescriptorProto";
}

function hasTypeName(descriptor: object | undefined): descriptor is { $typeName: unknown } {
  return descriptor !== undefined && "$typeName" in descriptor;
}
