import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { defaultText } from "./default-text.ts";
import { docComment } from "./doc-comment.ts";
import { type Module, maxLineWidth } from "./module.ts";
import { propertyName } from "./names.ts";
import type { SourceInfo } from "./source-info.ts";

/** The interface of a message: the shape that decoding gives. */
export function messageInterface(message: DescMessage, module: Module, source: SourceInfo): string[] {
  const name = module.typeName(message);
  const doc = docComment([...source.comment(message), ...deprecation(message)]);
  const fields = knownFields(message.fields);
  if (fields.length === 0) return [...doc, `export type ${name} = Record<string, never>;`];
  return [
    ...doc,
    `export interface ${name} {`,
    ...fields.flatMap((field) => [
      ...docComment(fieldDoc(field, source), "  "),
      `  ${propertyName(field.jsonName)}${hasPresence(field) ? "?" : ""}: ${fieldType(field, module)};`,
    ]),
    "}",
  ];
}

/** The fields that `@micro/core` reads and writes: all but groups, which it skips. */
export function knownFields(fields: readonly DescField[]): DescField[] {
  return fields.filter((field) => !isGroup(field));
}

/** A message that is marked by its end instead of its length, which only proto2 has. */
export function isGroup(field: DescField): boolean {
  return "delimitedEncoding" in field && field.delimitedEncoding;
}

/** The value that encodes and decodes a message. */
export function messageValue(message: DescMessage, module: Module): string {
  const name = module.typeName(message);
  const type = `${module.core("MessageType")}<${name}>`;
  const [declared, value] = [
    `export const ${name}: ${type} =`,
    `messages.type<${name}>(${JSON.stringify(message.typeName)});`,
  ];
  return declared.length + value.length < maxLineWidth ? `${declared} ${value}` : `${declared}\n  ${value}`;
}

function fieldType(field: DescField, module: Module): string {
  switch (field.fieldKind) {
    case "list":
      return `${elementType(field, module)}[]`;
    case "map":
      return `Record<string, ${elementType(field, module)}>`;
    default:
      return hasPresence(field) ? `${elementType(field, module)} | undefined` : elementType(field, module);
  }
}

/** Whether decoding leaves the field out when the sender did. Required fields are always there. */
function hasPresence(field: DescField): boolean {
  return (
    field.fieldKind !== "list" &&
    field.fieldKind !== "map" &&
    (field.presence === FeatureSet_FieldPresence.EXPLICIT || field.oneof !== undefined)
  );
}

function elementType(field: DescField, module: Module): string {
  if (field.message) return module.typeName(field.message);
  if (field.enum) return module.typeName(field.enum);
  return scalarType(field.scalar);
}

function scalarType(scalar: ScalarType): string {
  switch (scalar) {
    case ScalarType.STRING:
      return "string";
    case ScalarType.BOOL:
      return "boolean";
    case ScalarType.BYTES:
      return "Uint8Array";
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return "bigint";
    default:
      return "number";
  }
}

function fieldDoc(field: DescField, source: SourceInfo): string[] {
  const lines = [...source.comment(field)];
  if (field.oneof) {
    const keys = knownFields(field.oneof.fields)
      .map(({ jsonName }) => `\`${jsonName}\``)
      .join(", ");
    lines.push(`Of ${keys} at most one is set (oneof \`${field.oneof.name}\`).`);
  }
  const text = defaultText(field.proto);
  if (text !== undefined) {
    lines.push(`Left out, it stands for \`${field.scalar === ScalarType.STRING ? JSON.stringify(text) : text}\`.`);
  }
  return [...lines, ...deprecation(field)];
}

/** The tag that makes editors strike a name out. */
export function deprecation({ deprecated }: { readonly deprecated: boolean }): string[] {
  return deprecated ? ["@deprecated The proto file says so."] : [];
}
