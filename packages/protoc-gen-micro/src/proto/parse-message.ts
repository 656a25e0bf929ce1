import { create } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProto_ExtensionRangeSchema,
  DescriptorProto_ReservedRangeSchema,
  DescriptorProtoSchema,
  ExtensionRangeOptionsSchema,
  MessageOptionsSchema,
  OneofDescriptorProtoSchema,
  OneofOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { locate, type ParseContext, parseOption, parseOptionStatement, type Scope } from "./parse-context.ts";
import { parseEnum } from "./parse-enum.ts";
import { parseExtend } from "./parse-extend.ts";
import { type FieldPlace, parseField } from "./parse-field.ts";
import { parseRanges, parseReserved } from "./parse-reserved.ts";

const fieldNumbers = { min: 1n, max: 2n ** 29n - 1n };

/** `message Name { … }`, added to `siblings`; `scope.path` is the message's own. */
export function parseMessage(context: ParseContext, siblings: DescriptorProto[], scope: Scope): void {
  const { tokens, places } = context;
  const first = tokens.expect("message");
  const name = tokens.identifier("the name of the message");
  const message = create(DescriptorProtoSchema, { name: name.text });
  places.set(message, tokens.position(name));
  siblings.push(message);
  locate(context, scope.path, first, tokens.endDeclaration("{"));
  parseMessageBody(context, message, { path: scope.path, names: [...scope.names, name.text] });
}

/** What stands between the braces, with the closing one; `scope` is that of the message itself. */
export function parseMessageBody(context: ParseContext, message: DescriptorProto, scope: Scope): void {
  while (!context.tokens.at("}")) parseMember(context, message, scope);
  context.tokens.endDeclaration("}");
  addSyntheticOneofs(message);
}

function parseMember(context: ParseContext, message: DescriptorProto, scope: Scope): void {
  const { tokens } = context;
  const { path, names } = scope;
  if (tokens.at(";")) tokens.endDeclaration(";");
  else if (tokens.at("message")) {
    parseMessage(context, message.nestedType, { path: [...path, 3, message.nestedType.length], names });
  } else if (tokens.at("enum")) {
    parseEnum(context, message.enumType, { path: [...path, 4, message.enumType.length], names });
  } else if (tokens.at("extend")) {
    const place = { extensionPath: [...path, 6], messagePath: [...path, 3], scope };
    parseExtend(context, message.extension, message.nestedType, place);
  } else if (tokens.at("option")) parseOptionStatement(context, message, MessageOptionsSchema, scope);
  else if (tokens.at("oneof")) parseOneof(context, message, scope);
  else if (tokens.at("reserved")) parseMessageReserved(context, message);
  else if (tokens.at("extensions")) parseExtensionRanges(context, message, scope);
  else message.field.push(parseField(context, fieldPlace(message, scope, "message")));
}

function parseMessageReserved({ tokens }: ParseContext, message: DescriptorProto): void {
  const { ranges, names } = parseReserved(tokens, fieldNumbers);
  message.reservedName.push(...names);
  for (const { start, end } of ranges) {
    message.reservedRange.push(create(DescriptorProto_ReservedRangeSchema, { start, end: end + 1 }));
  }
}

function fieldPlace(message: DescriptorProto, scope: Scope, place: FieldPlace["place"]): FieldPlace {
  return {
    fieldPath: [...scope.path, 2, message.field.length],
    messagePath: [...scope.path, 3],
    scope,
    groups: message.nestedType,
    place,
  };
}

function parseOneof(context: ParseContext, message: DescriptorProto, scope: Scope): void {
  const { tokens, places } = context;
  const first = tokens.expect("oneof");
  const name = tokens.identifier("the name of the oneof");
  const oneof = create(OneofDescriptorProtoSchema, { name: name.text });
  const oneofIndex = message.oneofDecl.push(oneof) - 1;
  places.set(oneof, tokens.position(name));
  locate(context, [...scope.path, 8, oneofIndex], first, tokens.endDeclaration("{"));
  while (!tokens.at("}")) {
    if (tokens.at(";")) tokens.endDeclaration(";");
    else if (tokens.at("option")) parseOptionStatement(context, oneof, OneofOptionsSchema, scope);
    else {
      const field = parseField(context, fieldPlace(message, scope, "oneof"));
      field.oneofIndex = oneofIndex;
      message.field.push(field);
    }
  }
  tokens.endDeclaration("}");
}

function parseExtensionRanges(context: ParseContext, message: DescriptorProto, scope: Scope): void {
  const { tokens } = context;
  const keyword = tokens.expect("extensions");
  if (context.file.syntax === "proto3") tokens.fail(keyword, "found an extension range, which proto3 does not have");
  const ranges = parseRanges(tokens, fieldNumbers).map(({ start, end }) =>
    create(DescriptorProto_ExtensionRangeSchema, { start, end: end + 1 }),
  );
  message.extensionRange.push(...ranges);
  if (tokens.take("[")) {
    do {
      // One written option is set on each of the ranges.
      const before = context.options.length;
      const [firstRange, ...others] = ranges;
      if (firstRange) parseOption(context, firstRange, ExtensionRangeOptionsSchema, scope);
      const option = context.options[before];
      if (!option) continue;
      context.options[before] = {
        ...option,
        merge(text, registry) {
          option.merge(text, registry);
          for (const range of others) if (firstRange?.options) range.options = firstRange.options;
        },
      };
    } while (tokens.take(","));
    tokens.expect("]", "or `,` after an option");
  }
  tokens.endDeclaration(";");
}

/** Each proto3 field marked `optional` stands alone in a oneof that nobody wrote; descriptors tell presence so. */
function addSyntheticOneofs(message: DescriptorProto): void {
  const taken = new Set([...message.field, ...message.oneofDecl].map(({ name }) => name));
  for (const field of message.field) {
    if (!field.proto3Optional) continue;
    let name = field.name.startsWith("_") ? `X${field.name}` : `_${field.name}`;
    while (taken.has(name)) name = `X${name}`;
    taken.add(name);
    field.oneofIndex = message.oneofDecl.push(create(OneofDescriptorProtoSchema, { name })) - 1;
  }
}
