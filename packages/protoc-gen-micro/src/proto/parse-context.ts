import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { mergeFromText } from "@bufbuild/protobuf/txtpb";
import { type FileDescriptorProto, SourceCodeInfo_LocationSchema } from "@bufbuild/protobuf/wkt";
import type { Position } from "../diagnostics.ts";
import type { Import, OptionNamePart, RawOption, Reference } from "./parsed-file.ts";
import type { Token } from "./token.ts";
import type { DeclarationComments, TokenStream } from "./token-stream.ts";

/** What the parse functions of one file share. */
export interface ParseContext {
  readonly tokens: TokenStream;
  readonly file: FileDescriptorProto;
  readonly imports: Import[];
  readonly references: Reference[];
  readonly options: RawOption[];
  readonly places: Map<object, Position>;
}

/** Which of the languages called protobuf a file is written in. */
export function dialect({ syntax }: FileDescriptorProto): "proto2" | "proto3" | "edition 2023" {
  return syntax === "editions" ? "edition 2023" : syntax === "proto3" ? "proto3" : "proto2";
}

/** Where a declaration stands: its path of field numbers in the file, and the names of the messages around it. */
export interface Scope {
  readonly path: readonly number[];
  readonly names: readonly string[];
}

/** Writes down where a declaration stands and what is said about it. */
export function locate(
  { file }: ParseContext,
  path: readonly number[],
  first: Token,
  { leading, trailing }: DeclarationComments,
): void {
  const location = create(SourceCodeInfo_LocationSchema, {
    path: [...path],
    span: [first.line - 1, first.column - 1, first.column - 1 + (first.end - first.start)],
  });
  if (leading !== "") location.leadingComments = leading;
  if (trailing !== "") location.trailingComments = trailing;
  file.sourceCodeInfo?.location.push(location);
}

/** A descriptor that options can be set on. */
interface WithOptions<Schema extends DescMessage> {
  options?: MessageShape<Schema> | undefined;
}

/** `option name = value;`, from behind the word `option`. */
export function parseOptionStatement<Schema extends DescMessage>(
  context: ParseContext,
  owner: WithOptions<Schema>,
  schema: Schema,
  scope: Scope,
): void {
  context.tokens.expect("option");
  parseOption(context, owner, schema, scope);
  context.tokens.endDeclaration(";");
}

/** `name = value`, as it stands in an option statement and in square brackets. */
export function parseOption<Schema extends DescMessage>(
  context: ParseContext,
  owner: WithOptions<Schema>,
  schema: Schema,
  scope: Scope,
): void {
  const { tokens, options } = context;
  const position = tokens.position(tokens.peek());
  const name = parseOptionName(tokens);
  tokens.expect("=", "and the option's value");
  options.push({
    name,
    value: parseOptionValue(tokens),
    scope: scope.names.join("."),
    position,
    owner,
    schema,
    merge(text, registry) {
      owner.options ??= create(schema);
      mergeFromText(schema, owner.options, text, { registry });
    },
  });
}

function parseOptionName(tokens: TokenStream): OptionNamePart[] {
  const parts: OptionNamePart[] = [];
  do {
    if (tokens.take("(")) {
      parts.push({ name: parseTypeName(tokens, "the name of an extension"), extension: true });
      tokens.expect(")", "after the name of an extension");
    } else {
      parts.push({ name: tokens.identifier("the name of an option").text, extension: false });
    }
  } while (tokens.take("."));
  return parts;
}

/** The value in text format, which writes all values as .proto files do. */
function parseOptionValue(tokens: TokenStream): string {
  if (tokens.at("{")) return parseBraces(tokens);
  if (tokens.peek().kind === "string") {
    return tokens
      .strings("a value")
      .map(({ text }) => text)
      .join(" ");
  }
  const sign = tokens.take("-") ? "-" : "";
  const token = tokens.peek();
  if (token.kind !== "identifier" && token.kind !== "integer" && token.kind !== "float") {
    tokens.unexpected("a number, a string, a name or `{`");
  }
  return sign + tokens.next().text;
}

/** A message value with everything in it. */
function parseBraces(tokens: TokenStream): string {
  const open = tokens.peek();
  let depth = 0;
  do {
    const token = tokens.next();
    if (token.kind === "end") return tokens.fail(open, "found `{` without its `}`");
    if (token.text === "{") depth++;
    if (token.text === "}") depth--;
    if (depth === 0) return withoutComments(tokens.slice(open.start, token.end));
  } while (depth > 0);
  return tokens.unexpected("`}`");
}

/** Text format has comments that begin with `#`; those of .proto files must go. */
function withoutComments(text: string): string {
  const stringOrComment = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(stringOrComment, (found) => (found.startsWith("/") ? " " : found));
}

/** `a.b.C` or `.a.b.C`. */
export function parseTypeName(tokens: TokenStream, what: string): string {
  let name = tokens.take(".") ? "." : "";
  name += tokens.identifier(what).text;
  while (tokens.take(".")) name += `.${tokens.identifier("the rest of a name after `.`").text}`;
  return name;
}
