import { isFieldSet } from "@bufbuild/protobuf";
import {
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { formatDouble, formatFloat } from "../proto/literal.ts";

/** A field's default as descriptors have it, numbers written the same way whichever compiler read them. */
export function defaultText(field: FieldDescriptorProto): string | undefined {
  if (!isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue)) return undefined;
  const { type, defaultValue } = field;
  if ((type !== Type.FLOAT && type !== Type.DOUBLE) || !Number.isFinite(Number(defaultValue))) return defaultValue;
  return type === Type.FLOAT ? formatFloat(Number(defaultValue)) : formatDouble(Number(defaultValue));
}
