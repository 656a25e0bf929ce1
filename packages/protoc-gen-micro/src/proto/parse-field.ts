import { create } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { jsonName } from "../json-name.ts";
import { parseDefault } from "./default-value.ts";
import { stringsText } from "./literal.ts";
import { dialect, locate, type ParseContext, parseOption, parseTypeName, type Scope } from "./parse-context.ts";

import { parseMessageBody } from "./parse-message.ts";
import type { Token } from "./token.ts";

/** Where a field is being read. */
export interface FieldPlace {
  readonly place: "message" | "oneof" | "extension" | "map";
  readonly fieldPath: readonly number[];
  /** Path of the list that `groups` is. */
  readonly messagePath: readonly number[];
  /** That of the message around it. */
  readonly scope: Scope;
  /** Gets the messages that groups and maps declare by the way. */
  readonly groups: DescriptorProto[];
}

export const scalarTypes: ReadonlyMap<string, Type> = new Map([
  ["double", Type.DOUBLE],
  ["float", Type.FLOAT],
  ["int64", Type.INT64],
  ["uint64", Type.UINT64],
  ["int32", Type.INT32],
  ["fixed64", Type.FIXED64],
  ["fixed32", Type.FIXED32],
  ["bool", Type.BOOL],
  ["string", Type.STRING],
  ["bytes", Type.BYTES],
  ["uint32", Type.UINT32],
  ["sfixed32", Type.SFIXED32],
  ["sfixed64", Type.SFIXED64],
  ["sint32", Type.SINT32],
  ["sint64", Type.SINT64],
]);

/** One field with its `;`, or a group with its braces. */
export function parseField(context: ParseContext, at: FieldPlace): FieldDescriptorProto {
  const { tokens, places } = context;
  const first = tokens.peek();
  if (first.kind !== "identifier" && !tokens.at(".")) tokens.unexpected("a field or `}`");
  const field = create(FieldDescriptorProtoSchema, { label: Label.OPTIONAL });
  const label = parseLabel(context, field, at);
  if (tokens.take("group")) return parseGroup(context, field, at, first);
  const typeToken = tokens.peek();
  const map = parseType(context, field, at, label);
  const name = tokens.identifier("the name of the field");
  field.name = name.text;
  field.jsonName = jsonName(name.text);
  places.set(field, tokens.position(name));
  if (label === undefined && !map && dialect(context.file) === "proto2" && at.place !== "oneof") {
    tokens.fail(
      first,
      `found the field ${name.text} without required, optional or repeated, one of which proto2 needs`,
    );
  }
  parseNumber(context, field);
  if (map) addMapEntry(context, field, map, at, typeToken);
  parseFieldOptions(context, field, at);
  locate(context, at.fieldPath, first, tokens.endDeclaration(";"));
  return field;
}

function parseLabel({ tokens, file }: ParseContext, field: FieldDescriptorProto, at: FieldPlace): Token | undefined {
  const label = tokens.peek();
  if (label.text !== "optional" && label.text !== "required" && label.text !== "repeated") return undefined;
  if (dialect(file) === "edition 2023" && label.text !== "repeated") {
    tokens.fail(label, `found ${label.text}, for which editions have the feature field_presence`);
  }
  if (at.place === "oneof") tokens.fail(label, `found ${label.text}, which the fields of a oneof cannot be`);
  tokens.next();
  if (label.text === "repeated") field.label = Label.REPEATED;
  if (label.text === "required") {
    if (file.syntax === "proto3") tokens.fail(label, "found required, which proto3 does not have");
    if (at.place === "extension") tokens.fail(label, "found required, which extensions cannot be");
    field.label = Label.REQUIRED;
  }
  if (label.text === "optional" && file.syntax === "proto3") field.proto3Optional = true;
  return label;
}

/** Reads a type; gives those of key and value when it is a map. */
function parseType(
  context: ParseContext,
  field: FieldDescriptorProto,
  at: FieldPlace,
  label: Token | undefined,
): MapTypes | undefined {
  const { tokens } = context;
  const type = tokens.peek();
  const scalar = scalarTypes.get(type.text);
  if (scalar !== undefined) {
    tokens.next();
    field.type = scalar;
    return undefined;
  }
  const position = tokens.position(type);
  const name = parseTypeName(tokens, "the type of the field");
  if (name === "map" && tokens.at("<")) {
    if (label) tokens.fail(label, `found ${label.text}, which a map cannot be`);
    if (at.place !== "message") tokens.fail(type, `found a map, which cannot stand in ${placeName[at.place]}`);
    return parseMapTypes(context, at);
  }
  refer(context, field, name, at.scope, position);
  return undefined;
}

const placeName = { message: "a message", oneof: "a oneof", extension: "an extension", map: "a map" };

function refer(
  { references }: ParseContext,
  field: FieldDescriptorProto,
  name: string,
  scope: Scope,
  position: ReturnType<ParseContext["tokens"]["position"]>,
): void {
  references.push({
    name,
    scope: scope.names.join("."),
    position,
    wanted: ["message", "enum"],
    found(fullName, kind) {
      field.typeName = fullName;
      if (kind === "enum") field.type = Type.ENUM;
      else if (field.type !== Type.GROUP) field.type = Type.MESSAGE;
    },
  });
}

function parseNumber({ tokens }: ParseContext, field: FieldDescriptorProto): void {
  tokens.expect("=", "and the field's number");
  const { value, token } = tokens.integer("the field's number");
  if (value < 1n || value > 536_870_911n) tokens.fail(token, `found the number ${value}, expected 1 to 536870911`);
  if (value >= 19_000n && value <= 19_999n) {
    tokens.fail(token, `found the number ${value}: 19000 to 19999 belong to protobuf itself`);
  }
  field.number = Number(value);
}

function parseFieldOptions(context: ParseContext, field: FieldDescriptorProto, at: FieldPlace): void {
  const { tokens, file } = context;
  if (!tokens.take("[")) return;
  const scope: Scope = { path: at.fieldPath, names: [...at.scope.names, field.name] };
  do {
    const name = tokens.peek();
    if (tokens.take("json_name")) {
      tokens.expect("=");
      field.jsonName = stringsText(tokens.strings("the JSON name in quotes"));
    } else if (tokens.take("default")) {
      if (file.syntax === "proto3") tokens.fail(name, "found a default, which proto3 does not have");
      if (field.label === Label.REPEATED) tokens.fail(name, "found a default, which repeated fields do not have");
      tokens.expect("=");
      parseDefault(context, field);
    } else {
      parseOption(context, field, FieldOptionsSchema, scope);
    }
  } while (tokens.take(","));
  tokens.expect("]", "or `,` after an option");
}

/** `Name = 1 { … }`: a message and a field of it at once. */
function parseGroup(
  context: ParseContext,
  field: FieldDescriptorProto,
  at: FieldPlace,
  first: Token,
): FieldDescriptorProto {
  const { tokens, places } = context;
  const found = dialect(context.file);
  if (found !== "proto2") tokens.fail(first, `found a group, which ${found} does not have`);
  const name = tokens.identifier("the name of the group");
  if (!/^[A-Z]/.test(name.text)) tokens.fail(name, `found the group ${name.text}, expected an upper-case first letter`);
  field.name = name.text.toLowerCase();
  field.jsonName = jsonName(field.name);
  field.type = Type.GROUP;
  places.set(field, tokens.position(name));
  parseNumber(context, field);
  parseFieldOptions(context, field, at);
  refer(context, field, name.text, at.scope, tokens.position(name));
  const message = create(DescriptorProtoSchema, { name: name.text });
  places.set(message, tokens.position(name));
  const path = [...at.messagePath, at.groups.length];
  at.groups.push(message);
  locate(context, at.fieldPath, first, { leading: "", trailing: "" });
  locate(context, path, first, tokens.endDeclaration("{"));
  parseMessageBody(context, message, { path, names: [...at.scope.names, name.text] });
  return field;
}

interface MapTypes {
  readonly key: FieldDescriptorProto;
  readonly value: FieldDescriptorProto;
}

/** `<key, value>` behind the word `map`. */
function parseMapTypes(context: ParseContext, at: FieldPlace): MapTypes {
  const { tokens } = context;
  tokens.expect("<", "and the types of key and value");
  const keyToken = tokens.identifier("the type of the key");
  const keyType = scalarTypes.get(keyToken.text);
  if (keyType === undefined || keyType === Type.DOUBLE || keyType === Type.FLOAT || keyType === Type.BYTES) {
    tokens.fail(keyToken, `found keys of type ${keyToken.text}, expected an integer type, bool or string`);
  }
  const key = entryField("key", 1);
  if (keyType !== undefined) key.type = keyType;
  tokens.expect(",", "and the type of the value");
  const value = entryField("value", 2);
  if (parseType(context, value, { ...at, place: "map" }, undefined)) tokens.unexpected("a type other than map");
  tokens.expect(">");
  return { key, value };
}

function entryField(name: string, number: number): FieldDescriptorProto {
  return create(FieldDescriptorProtoSchema, { name, number, jsonName: name, label: Label.OPTIONAL });
}

/** A map is a list of messages with a key and a value, declared next to the field. */
function addMapEntry(
  context: ParseContext,
  field: FieldDescriptorProto,
  { key, value }: MapTypes,
  at: FieldPlace,
  typeToken: Token,
): void {
  const camel = field.name.replace(/(^|_)([a-z])?/g, (_, __, letter = "") => letter.toUpperCase());
  const entry = create(DescriptorProtoSchema, {
    name: `${camel}Entry`,
    field: [key, value],
    options: { mapEntry: true },
  });
  const position = context.tokens.position(typeToken);
  for (const declared of [entry, key, value]) context.places.set(declared, position);
  at.groups.push(entry);
  field.label = Label.REPEATED;
  refer(context, field, entry.name, at.scope, position);
}
