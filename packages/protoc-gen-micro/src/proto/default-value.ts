import { isFieldSet } from "@bufbuild/protobuf";
import {
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { escapeBytes, formatDouble, stringBytes } from "./literal.ts";
import type { ParseContext } from "./parse-context.ts";

/** The value behind `default =`, put into the field as the text that descriptors have. */
export function parseDefault(context: ParseContext, field: FieldDescriptorProto): void {
  const { tokens } = context;
  const token = tokens.peek();
  const range = integerRanges[field.type];
  if (!isFieldSet(field, FieldDescriptorProtoSchema.field.type)) {
    // A message or an enum; which of the two is known when names have been looked up, see `check.ts`.
    field.defaultValue = tokens.identifier("the name of an enum value").text;
  } else if (range) {
    field.defaultValue = parseInteger(context, range);
  } else if (field.type === Type.FLOAT || field.type === Type.DOUBLE) {
    field.defaultValue = parseFloating(context);
  } else if (field.type === Type.BOOL) {
    if (token.text !== "true" && token.text !== "false") tokens.unexpected("true or false");
    field.defaultValue = tokens.next().text;
  } else if (field.type === Type.STRING || field.type === Type.BYTES) {
    const bytes = Buffer.concat(tokens.strings("a string").map(({ text }) => stringBytes(text)));
    field.defaultValue = field.type === Type.BYTES ? escapeBytes(bytes) : bytes.toString();
  }
}

const integerRanges: Partial<Record<Type, readonly [bigint, bigint]>> = {
  [Type.INT32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [Type.SINT32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [Type.SFIXED32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [Type.INT64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [Type.SINT64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [Type.SFIXED64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [Type.UINT32]: [0n, 2n ** 32n - 1n],
  [Type.FIXED32]: [0n, 2n ** 32n - 1n],
  [Type.UINT64]: [0n, 2n ** 64n - 1n],
  [Type.FIXED64]: [0n, 2n ** 64n - 1n],
};

function parseInteger({ tokens }: ParseContext, [min, max]: readonly [bigint, bigint]): string {
  const sign = tokens.take("-") ? -1n : 1n;
  const { value, token } = tokens.integer("an integer");
  const number = sign * value;
  if (number < min || number > max) tokens.fail(token, `found ${number}, expected an integer from ${min} to ${max}`);
  return String(number);
}

function parseFloating({ tokens }: ParseContext): string {
  const sign = tokens.take("-") ? "-" : "";
  const token = tokens.peek();
  if (token.text === "inf" || token.text === "nan") return sign + tokens.next().text;
  if (token.kind === "integer") return sign + formatDouble(Number(tokens.integer("a number").value));
  if (token.kind !== "float") tokens.unexpected("a number, inf or nan");
  return sign + formatDouble(Number(tokens.next().text));
}
