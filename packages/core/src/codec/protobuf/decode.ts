import { blankMaker } from "./blank.ts";
import { maxDepth, Reader, wire } from "./reader.ts";
import { scalarOf } from "./scalars.ts";
import { type FieldSchema, type Fields, type MessageSchema, type ScalarType, setEntry } from "./schema.ts";

/** Reads one occurrence of a field into the message. */
type FieldReader = (reader: Reader, message: Fields) => void;

/** How the messages of one type are read. */
interface MessageReader {
  /** A message with nothing but defaults. */
  blank(): Fields;
  /** Reads up to the reader's end into the message. */
  merge(reader: Reader, message: Fields): void;
}

/**
 * The function that turns bytes into messages of a type. `owned` says that nobody will write to the bytes any more.
 *
 * All keys are there in the order of the proto file, those of unset fields with presence as `undefined`, so that all messages of a type have one shape.
 */
export function decoder(schema: MessageSchema): (bytes: Uint8Array, owned?: boolean) => Fields {
  const { blank, merge } = messageReader(schema, new Map());
  return (bytes, owned = false) => {
    const message = blank();
    try {
      merge(new Reader(bytes, owned), message);
    } catch (reason) {
      throw new Error(`${schema.name}: ${reason instanceof Error ? reason.message : reason}`, { cause: reason });
    }
    return message;
  };
}

// Above this, tags are looked up in a map; 1024 is field number 128.
const denseTags = 1024;

function messageReader(schema: MessageSchema, known: Map<MessageSchema, MessageReader>): MessageReader {
  const made = known.get(schema);
  if (made !== undefined) return made;
  const dense: (FieldReader | undefined)[] = [];
  const sparse = new Map<number, FieldReader>();
  const required = schema.fields.filter((field) => field.required).map((field) => field.key);
  const reader: MessageReader = {
    blank: blankMaker(schema),
    merge(input, message) {
      if (++input.depth > maxDepth) throw new Error(`messages nested more than ${maxDepth} deep`);
      while (input.pos < input.end) {
        const tag = input.tag();
        const read = tag < dense.length ? dense[tag] : sparse.get(tag);
        if (read === undefined) input.skip(tag);
        else read(input, message);
      }
      for (const key of required) {
        if (message[key] === undefined) throw new Error(`the required field ${key} is missing`);
      }
      input.depth--;
    },
  };
  // Known before its fields are, since a message may contain itself.
  known.set(schema, reader);
  for (const field of schema.fields) {
    for (const [tag, read] of fieldReaders(field, known)) {
      if (tag >= denseTags) sparse.set(tag, read);
      else {
        while (dense.length <= tag) dense.push(undefined);
        dense[tag] = read;
      }
    }
  }
  return reader;
}

/** The readers of a field, by the tags under which it may come. A known field under any other tag is passed over. */
function fieldReaders(
  field: FieldSchema,
  known: Map<MessageSchema, MessageReader>,
): [tag: number, read: FieldReader][] {
  const under = (wireType: number): number => field.number * 8 + wireType;
  if (field.mapKey !== undefined) return [[under(wire.bytes), mapReader(field, field.mapKey, known)]];
  const { key } = field;
  if (field.message !== undefined) {
    const nested = messageReader(field.message, known);
    if (field.repeated) {
      return [[under(wire.bytes), (reader, message) => (message[key] as Fields[]).push(readNested(reader, nested))]];
    }
    const others = otherMembers(field);
    const read: FieldReader = (reader, message) => {
      clear(message, others);
      message[key] = readNested(reader, nested, message[key] as Fields | undefined);
    };
    return [[under(wire.bytes), read]];
  }
  const scalar = scalarOf(field);
  if (!field.repeated) {
    const { read } = scalar;
    if (field.oneof === undefined) {
      return [
        [
          under(scalar.wireType),
          (reader, message) => {
            message[key] = read(reader);
          },
        ],
      ];
    }
    const others = otherMembers(field);
    return [
      [
        under(scalar.wireType),
        (reader, message) => {
          clear(message, others);
          message[key] = read(reader);
        },
      ],
    ];
  }
  const one: FieldReader = (reader, message) => (message[key] as unknown[]).push(scalar.read(reader));
  if (scalar.wireType === wire.bytes) return [[under(wire.bytes), one]];
  const packed: FieldReader = (reader, message) => {
    const list = message[key] as unknown[];
    const outer = reader.end;
    reader.end = reader.length() + reader.pos;
    while (reader.pos < reader.end) list.push(scalar.read(reader));
    reader.end = outer;
  };
  return [
    [under(scalar.wireType), one],
    [under(wire.bytes), packed],
  ];
}

/** The last member of a oneof on the wire wins. */
function otherMembers(field: FieldSchema): readonly string[] {
  return (field.oneof ?? []).filter((member) => member !== field).map((member) => member.key);
}

function clear(message: Fields, keys: readonly string[]): void {
  for (let i = 0; i < keys.length; i++) message[keys[i] as string] = undefined;
}

/** A message that comes twice is merged. */
function readNested(reader: Reader, { blank, merge }: MessageReader, message: Fields = blank()): Fields {
  const outer = reader.end;
  reader.end = reader.length() + reader.pos;
  merge(reader, message);
  reader.end = outer;
  return message;
}

function mapReader(field: FieldSchema, keyType: ScalarType, known: Map<MessageSchema, MessageReader>): FieldReader {
  const { key } = field;
  const plain = { ...field, mapKey: undefined, repeated: false, presence: false, oneof: undefined };
  const keyField: FieldSchema = { ...plain, key: "key", number: 1, type: keyType, message: undefined };
  const valueField: FieldSchema = { ...plain, key: "value", number: 2 };
  const entryOf = messageReader({ name: field.name, fields: [keyField, valueField] }, known);
  const emptyValue = field.message === undefined ? undefined : messageReader(field.message, known).blank;
  return (reader, message) => {
    const entry = readNested(reader, entryOf);
    const value = entry.value ?? emptyValue?.();
    setEntry(message[key] as Fields, String(entry.key), value);
  };
}
