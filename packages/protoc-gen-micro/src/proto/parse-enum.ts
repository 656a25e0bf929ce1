import { create } from "@bufbuild/protobuf";
import {
  type EnumDescriptorProto,
  EnumDescriptorProto_EnumReservedRangeSchema,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  EnumValueDescriptorProtoSchema,
  EnumValueOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { locate, type ParseContext, parseOption, parseOptionStatement, type Scope } from "./parse-context.ts";
import { parseReserved } from "./parse-reserved.ts";
import type { TokenStream } from "./token-stream.ts";

const int32 = { min: -(2n ** 31n), max: 2n ** 31n - 1n };

/** `enum Name { … }`, added to `siblings`; `scope.path` is the enum's own. */
export function parseEnum(context: ParseContext, siblings: EnumDescriptorProto[], scope: Scope): void {
  const { tokens, places } = context;
  const first = tokens.expect("enum");
  const name = tokens.identifier("the name of the enum");
  const desc = create(EnumDescriptorProtoSchema, { name: name.text });
  places.set(desc, tokens.position(name));
  siblings.push(desc);
  locate(context, scope.path, first, tokens.endDeclaration("{"));
  const inner: Scope = { path: scope.path, names: [...scope.names, name.text] };
  while (!tokens.at("}")) {
    if (tokens.at(";")) tokens.endDeclaration(";");
    else if (tokens.at("option")) parseOptionStatement(context, desc, EnumOptionsSchema, inner);
    else if (tokens.at("reserved")) {
      const { ranges, names } = parseReserved(tokens, int32);
      desc.reservedName.push(...names);
      // Unlike those of messages, the ranges of enums include their end.
      for (const range of ranges) desc.reservedRange.push(create(EnumDescriptorProto_EnumReservedRangeSchema, range));
    } else parseValue(context, desc, inner);
  }
  tokens.endDeclaration("}");
}

function parseValue(context: ParseContext, desc: EnumDescriptorProto, scope: Scope): void {
  const { tokens, places } = context;
  const name = tokens.identifier("the name of a value or `}`");
  tokens.expect("=", "and the value's number");
  const value = create(EnumValueDescriptorProtoSchema, { name: name.text, number: signedInteger(tokens) });
  places.set(value, tokens.position(name));
  if (tokens.take("[")) {
    do parseOption(context, value, EnumValueOptionsSchema, scope);
    while (tokens.take(","));
    tokens.expect("]", "or `,` after an option");
  }
  locate(context, [...scope.path, 2, desc.value.length], name, tokens.endDeclaration(";"));
  desc.value.push(value);
}

function signedInteger(tokens: TokenStream): number {
  const sign = tokens.take("-") ? -1n : 1n;
  const { value, token } = tokens.integer("an integer");
  const number = sign * value;
  if (number < int32.min || number > int32.max) tokens.fail(token, `found ${number}, expected a 32-bit integer`);
  return Number(number);
}
