import { create } from "@bufbuild/protobuf";
import { Edition, FileDescriptorProtoSchema, FileOptionsSchema } from "@bufbuild/protobuf/wkt";
import { stringsText } from "./literal.ts";
import { type ParseContext, parseOptionStatement, parseTypeName, type Scope } from "./parse-context.ts";
import { parseEnum } from "./parse-enum.ts";
import { parseExtend } from "./parse-extend.ts";
import { parseMessage } from "./parse-message.ts";
import { parseService } from "./parse-service.ts";
import type { ParsedFile } from "./parsed-file.ts";
import { tokenStream } from "./token-stream.ts";

/**
 * Reads a .proto file of syntax proto2 or proto3 or edition 2023.
 *
 * `name` is what other files import it by. Throws `ProtoError` for what is not in the grammar; names are not looked
 * up here. Source: the language specifications of the three at protobuf.dev.
 */
export function parseFile(name: string, text: string): ParsedFile {
  const tokens = tokenStream(name, text);
  const file = create(FileDescriptorProtoSchema, { name, sourceCodeInfo: { location: [] } });
  const context: ParseContext = { tokens, file, imports: [], references: [], options: [], places: new Map() };
  parseSyntax(context);
  const scope: Scope = { path: [], names: [] };
  while (tokens.peek().kind !== "end") parseTopLevel(context, scope);
  return { proto: file, ...context };
}

function parseSyntax({ tokens, file }: ParseContext): void {
  const isEdition = tokens.take("edition");
  // Without a syntax statement it is proto2, which descriptors say by leaving it away.
  if (!isEdition && !tokens.take("syntax")) return;
  tokens.expect("=");
  const known = isEdition ? ["2023"] : ["proto3", "proto2"];
  const expected = known.map((name) => JSON.stringify(name)).join(" or ");
  const found = tokens.strings(expected);
  const name = stringsText(found);
  const [first] = found;
  if (first && !known.includes(name)) {
    tokens.fail(first, `found ${isEdition ? "edition" : "syntax"} "${name}", expected ${expected}`);
  }
  if (isEdition) Object.assign(file, { syntax: "editions", edition: Edition.EDITION_2023 });
  if (name === "proto3") file.syntax = name;
  tokens.endDeclaration(";");
}

function parseTopLevel(context: ParseContext, scope: Scope): void {
  const { tokens, file } = context;
  const { names } = scope;
  if (tokens.at(";")) tokens.endDeclaration(";");
  else if (tokens.at("message")) parseMessage(context, file.messageType, { path: [4, file.messageType.length], names });
  else if (tokens.at("enum")) parseEnum(context, file.enumType, { path: [5, file.enumType.length], names });
  else if (tokens.at("service")) parseService(context, { path: [6, file.service.length], names });
  else if (tokens.at("extend")) {
    parseExtend(context, file.extension, file.messageType, { extensionPath: [7], messagePath: [4], scope });
  } else if (tokens.at("import")) parseImport(context);
  else if (tokens.at("package")) parsePackage(context);
  else if (tokens.at("option")) parseOptionStatement(context, file, FileOptionsSchema, scope);
  else if (tokens.at("syntax")) {
    tokens.fail(tokens.peek(), "found a syntax statement, which must be the first thing in a file");
  } else tokens.unexpected("message, enum, service, extend, import, package or option");
}

function parseImport({ tokens, file, imports }: ParseContext): void {
  tokens.expect("import");
  if (tokens.take("public")) file.publicDependency.push(file.dependency.length);
  else if (tokens.take("weak")) file.weakDependency.push(file.dependency.length);
  const found = tokens.strings("the path of a .proto file in quotes");
  const name = stringsText(found);
  const [first] = found;
  if (first) {
    if (file.dependency.includes(name)) tokens.fail(first, `"${name}" is imported twice`);
    imports.push({ name, position: tokens.position(first) });
  }
  file.dependency.push(name);
  tokens.endDeclaration(";");
}

function parsePackage({ tokens, file }: ParseContext): void {
  const keyword = tokens.expect("package");
  if (file.package !== "") tokens.fail(keyword, `found a second package, the first is ${file.package}`);
  file.package = parseTypeName(tokens, "the name of the package");
  if (file.package.startsWith(".")) tokens.fail(keyword, "found a package name that begins with a dot");
  tokens.endDeclaration(";");
}
