import type { DescriptorProto, FieldDescriptorProto } from "@bufbuild/protobuf/wkt";
import { type ParseContext, parseTypeName, type Scope } from "./parse-context.ts";
import { parseField } from "./parse-field.ts";

export interface ExtendPlace {
  /** Path of the list of extensions. */
  readonly extensionPath: readonly number[];
  /** Path of the list of messages, where groups go. */
  readonly messagePath: readonly number[];
  readonly scope: Scope;
}

/** `extend Name { … }`, its fields added to `extensions`. */
export function parseExtend(
  context: ParseContext,
  extensions: FieldDescriptorProto[],
  groups: DescriptorProto[],
  { extensionPath, messagePath, scope }: ExtendPlace,
): void {
  const { tokens, references } = context;
  tokens.expect("extend");
  const position = tokens.position(tokens.peek());
  const name = parseTypeName(tokens, "the name of the message to extend");
  tokens.endDeclaration("{");
  while (!tokens.at("}")) {
    if (tokens.at(";")) {
      tokens.endDeclaration(";");
      continue;
    }
    const field = parseField(context, {
      fieldPath: [...extensionPath, extensions.length],
      messagePath,
      scope,
      groups,
      place: "extension",
    });
    references.push({
      name,
      scope: scope.names.join("."),
      position,
      wanted: ["message"],
      found(fullName) {
        field.extendee = fullName;
      },
    });
    extensions.push(field);
  }
  tokens.endDeclaration("}");
}
