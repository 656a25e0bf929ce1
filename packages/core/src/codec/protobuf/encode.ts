import { mapKeyReader } from "./map-key.ts";
import { display, indexed, Mismatch, mismatch, mismatchError, within } from "./mismatch.ts";
import { maxDepth, wire } from "./reader.ts";
import { type Scalar, scalarOf } from "./scalars.ts";
import { type FieldSchema, type Fields, isMessage, type MessageSchema, type ScalarType } from "./schema.ts";
import { Writer } from "./writer.ts";

/** Writes a message's fields, without a length in front. */
type MessageWriter = (writer: Writer, message: Fields) => void;
/** Writes one field of the message, or nothing when it is not set. */
type FieldWriter = (writer: Writer, message: Fields) => void;

/**
 * The function that turns messages of a type into bytes.
 *
 * A message becomes a list of closures, one a field, made once. Fields come in the order in which Go writes them, the
 * entries of a map in the order of the object's keys.
 */
export function encoder(schema: MessageSchema): (message: unknown) => Buffer {
  const write = messageWriter(schema, new Map());
  return (message) => {
    const start = shared.pos;
    const { depth } = shared;
    try {
      if (!isMessage(message)) throw mismatch("", "an object", message);
      write(shared, message);
      return shared.take(start);
    } catch (reason) {
      shared.rewind(start);
      shared.depth = depth;
      throw mismatchError(reason, schema.name);
    }
  };
}

const shared = new Writer();

function messageWriter(schema: MessageSchema, known: Map<MessageSchema, MessageWriter>): MessageWriter {
  const made = known.get(schema);
  if (made !== undefined) return made;
  const writers: FieldWriter[] = [];
  const write: MessageWriter = (writer, message) => {
    if (++writer.depth > maxDepth) throw new Mismatch("…", `nested more than ${maxDepth} messages deep`);
    for (let i = 0; i < writers.length; i++) (writers[i] as FieldWriter)(writer, message);
    writer.depth--;
  };
  // Known before its fields are, since a message may contain itself.
  known.set(schema, write);
  for (const field of inWireOrder(schema.fields)) {
    if (field.oneof === undefined) writers.push(fieldWriter(field, known));
    else if (field === field.oneof[0]) writers.push(oneofWriter(field.oneof, known));
  }
  return write;
}

/** By number, and oneofs after all other fields, as Go has it. */
function inWireOrder(fields: readonly FieldSchema[]): FieldSchema[] {
  const [inside, alone] = [fields.filter((field) => field.oneof), fields.filter((field) => !field.oneof)];
  return [...alone.toSorted((a, b) => a.number - b.number), ...inside];
}

function fieldWriter(field: FieldSchema, known: Map<MessageSchema, MessageWriter>): FieldWriter {
  if (field.mapKey !== undefined) return mapWriter(field, field.mapKey, known);
  if (field.repeated) return field.packed ? packedWriter(field) : listWriter(field, known);
  const write = valueWriter(field, known);
  const { key, required } = field;
  if (key in Object.prototype) {
    // What every object inherits, `constructor` for one, is not the field.
    return (writer, message) => {
      if (Object.hasOwn(message, key) && isSet(message[key])) write(writer, message[key]);
    };
  }
  if (required) {
    return (writer, message) => {
      const value = message[key];
      if (!isSet(value)) throw mismatch(key, "a value, since the field is required", value);
      write(writer, value);
    };
  }
  return (writer, message) => {
    const value = message[key];
    if (value !== undefined && value !== null) write(writer, value);
  };
}

/** Writes tag and value of a field that is set, or nothing when it is zero and has no presence. */
function valueWriter(
  field: FieldSchema,
  known: Map<MessageSchema, MessageWriter>,
): (writer: Writer, value: unknown) => void {
  const { key } = field;
  if (field.message !== undefined) {
    const tag = tagOf(field, wire.bytes);
    const write = messageWriter(field.message, known);
    return (writer, value) => writeMessage(writer, tag, write, value, key);
  }
  const scalar = scalarOf(field);
  const tag = tagOf(field, scalar.wireType);
  if (field.presence) {
    return (writer, value) => {
      writer.uint32(tag);
      scalar.write(writer, value, key);
    };
  }
  return (writer, value) => {
    if (scalar.isZero(value)) return;
    writer.uint32(tag);
    scalar.write(writer, value, key);
  };
}

function writeMessage(writer: Writer, tag: number, write: MessageWriter, value: unknown, key: string): void {
  if (!isMessage(value)) throw mismatch(key, "an object", value);
  writer.uint32(tag);
  const start = writer.open();
  try {
    write(writer, value);
  } catch (reason) {
    throw within(reason, key);
  }
  writer.close(start);
}

function oneofWriter(members: readonly FieldSchema[], known: Map<MessageSchema, MessageWriter>): FieldWriter {
  const writers = members.map((member) => ({ key: member.key, write: valueWriter(member, known) }));
  return (writer, message) => {
    let written: string | undefined;
    for (const { key, write } of writers) {
      const value = message[key];
      if (value === undefined || value === null || (key in Object.prototype && !Object.hasOwn(message, key))) continue;
      if (written !== undefined) throw mismatch(key, `nothing, since ${written} of the same oneof is set`, value);
      write(writer, value);
      written = key;
    }
  };
}

function listWriter(field: FieldSchema, known: Map<MessageSchema, MessageWriter>): FieldWriter {
  const { key } = field;
  const write = valueWriter({ ...field, presence: true }, known);
  return (writer, message) => {
    const list = listIn(message, key);
    for (let i = 0; i < list.length; i++) writeElement(writer, list[i], i, write, key);
  };
}

function writeElement(
  writer: Writer,
  value: unknown,
  index: number,
  write: (writer: Writer, value: unknown) => void,
  key: string,
): void {
  try {
    write(writer, value);
  } catch (reason) {
    throw indexed(reason, key, index);
  }
}

function packedWriter(field: FieldSchema): FieldWriter {
  const { key } = field;
  const scalar = scalarOf(field);
  const tag = tagOf(field, wire.bytes);
  const write = (writer: Writer, value: unknown): void => scalar.write(writer, value, key);
  return (writer, message) => {
    const list = listIn(message, key);
    if (list.length === 0) return;
    writer.uint32(tag);
    const start = writer.open();
    for (let i = 0; i < list.length; i++) writeElement(writer, list[i], i, write, key);
    writer.close(start);
  };
}

function listIn(message: Fields, key: string): readonly unknown[] {
  const list = message[key];
  if (Array.isArray(list)) return list;
  if (!isSet(list) || !Object.hasOwn(message, key)) return [];
  throw mismatch(key, "an array", list);
}

function mapWriter(field: FieldSchema, keyType: ScalarType, known: Map<MessageSchema, MessageWriter>): FieldWriter {
  const { key } = field;
  const tag = tagOf(field, wire.bytes);
  const keyField: FieldSchema = { ...field, type: keyType, number: 1, message: undefined, presence: true };
  const keyScalar: Scalar = scalarOf(keyField);
  const keyTag = tagOf(keyField, keyScalar.wireType);
  const readKey = mapKeyReader(keyType);
  const write = valueWriter({ ...field, number: 2, presence: true }, known);
  return (writer, message) => {
    const map = message[key];
    if (!isSet(map) || !Object.hasOwn(message, key)) return;
    if (!isMessage(map)) throw mismatch(key, "an object", map);
    for (const name of Object.keys(map)) {
      const value = map[name];
      if (value === undefined) continue;
      writer.uint32(tag);
      const start = writer.open();
      try {
        writer.uint32(keyTag);
        keyScalar.write(writer, readKey(name), key);
        write(writer, value);
      } catch (reason) {
        throw indexed(reason, key, display(name));
      }
      writer.close(start);
    }
  };
}

function tagOf(field: FieldSchema, wireType: number): number {
  return field.number * 8 + wireType;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
