import type { FieldDescription, MessageType } from "../words/description.ts";

/** How a format that knows no messages, such as MessagePack, writes what they are made of. */
export interface TreeForm {
  /** The key that a field is written under. */
  key(field: FieldDescription): string;
  /** A scalar as the format's writer takes it; `type` is that of the field, `sint64`, `bytes`, `enum`, … */
  write(type: string, value: unknown): unknown;
  /** A scalar from what the format's reader gives; what does not fit may be left as it is, and is refused then. */
  read(type: string, value: unknown): unknown;
}

/**
 * A message as a map with one entry a field, in the order of the proto file: every field is there, `null` where it is
 * not set. Messages within it are maps as well, lists are arrays, the keys of maps are strings.
 *
 * Throws a `TypeError` that names the field when the value does not fit.
 */
export function treeOf(type: MessageType, value: unknown, form: TreeForm): Map<string, unknown> {
  // There and back: the encoder checks the value, the decoder sets what was left out.
  return writeMessage(type, type.decode(type.encode(value as object)) as Fields, form);
}

/**
 * The message of such a tree. Keys may be spelled as in the proto file, in lowerCamelCase or as Go names the field;
 * what is no field of the message is passed over, as Go does.
 *
 * Throws a `TypeError` that names the field when a value does not fit.
 */
export function fromTree(type: MessageType, tree: unknown, form: TreeForm): unknown {
  if (tree === null || tree === undefined) return type.decode(new Uint8Array(0));
  return type.decode(type.encode(readMessage(type, tree, form, type.name, 1) as object));
}

/** The name that protoc-gen-go gives a field: `AnInt32` for `an_int32`. */
export function goFieldName({ name }: FieldDescription): string {
  if (name.startsWith("_")) return `X${goWords(name.slice(1))}`;
  return goWords(name);
}

function goWords(name: string): string {
  return name.replace(/(^|_|\d)([a-z])/g, (_match, before: string, letter: string) => {
    return (before === "_" ? "" : before) + letter.toUpperCase();
  });
}

/** The key of a field in the decoded message. */
export function fieldKey({ name, key }: FieldDescription): string {
  return key ?? name.replace(/_(.)/g, (_match, letter: string) => letter.toUpperCase());
}

type Fields = Readonly<Record<string, unknown>>;

// As deep as protobuf readers go.
const maxDepth = 100;

function writeMessage(type: MessageType, message: Fields, form: TreeForm): Map<string, unknown> {
  return new Map(type.fields.map((field) => [form.key(field), writeField(field, message[fieldKey(field)], form)]));
}

function writeField(field: FieldDescription, value: unknown, form: TreeForm): unknown {
  if (value === undefined || value === null) return null;
  if (field.repeated) return (value as unknown[]).map((element) => writeValue(field, element, form));
  if (field.mapKey === undefined) return writeValue(field, value, form);
  return new Map(Object.entries(value).map(([key, element]) => [key, writeValue(field, element, form)]));
}

function writeValue(field: FieldDescription, value: unknown, form: TreeForm): unknown {
  const type = field.message?.();
  return type === undefined ? form.write(field.type, value) : writeMessage(type, value as Fields, form);
}

function readMessage(type: MessageType, tree: unknown, form: TreeForm, path: string, depth: number): Fields {
  if (!isObject(tree)) throw new TypeError(`${path}: expected an object, got ${kindOf(tree)}`);
  if (depth > maxDepth) throw new TypeError(`${path}: nested more than ${maxDepth} messages deep`);
  const fields = fieldsOf(type);
  const entries: [string, unknown][] = [];
  for (const [key, value] of Object.entries(tree)) {
    const field = fields.get(key);
    if (field === undefined || value === null || value === undefined) continue;
    const ownKey = fieldKey(field);
    entries.push([ownKey, readField(field, value, form, `${path}.${ownKey}`, depth)]);
  }
  return Object.fromEntries(entries);
}

function readField(field: FieldDescription, value: unknown, form: TreeForm, path: string, depth: number): unknown {
  const read = (element: unknown): unknown => {
    const type = field.message?.();
    return type === undefined ? form.read(field.type, element) : readMessage(type, element, form, path, depth + 1);
  };
  if (field.repeated) {
    if (!Array.isArray(value)) throw new TypeError(`${path}: expected an array, got ${kindOf(value)}`);
    return value.map(read);
  }
  if (field.mapKey === undefined) return read(value);
  if (!isObject(value)) throw new TypeError(`${path}: expected an object, got ${kindOf(value)}`);
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, read(element)]));
}

const spellings = new WeakMap<MessageType, ReadonlyMap<string, FieldDescription>>();

function fieldsOf(type: MessageType): ReadonlyMap<string, FieldDescription> {
  let fields = spellings.get(type);
  if (fields === undefined) {
    // Where two fields share a spelling, the proto file's own wins.
    const all = [goFieldName, fieldKey, (field: FieldDescription) => field.name];
    fields = new Map(all.flatMap((spell) => type.fields.map((field) => [spell(field), field] as const)));
    spellings.set(type, fields);
  }
  return fields;
}

function isObject(value: unknown): value is Fields {
  if (typeof value !== "object" || value === null) return false;
  return !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Date);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  return value instanceof Uint8Array ? "bytes" : typeof value;
}
