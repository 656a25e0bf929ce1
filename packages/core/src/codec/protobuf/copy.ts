import { blankMaker } from "./blank.ts";
import { mapKeyReader } from "./map-key.ts";
import { display, indexed, Mismatch, mismatch, mismatchError, within } from "./mismatch.ts";
import { maxDepth } from "./reader.ts";
import { scalarOf } from "./scalars.ts";
import { type FieldSchema, type Fields, isMessage, type MessageSchema, type ScalarType, setEntry } from "./schema.ts";

type MessageCopier = (message: Fields, depth: number) => Fields;
/** Copies one field of a message into another that holds defaults, or leaves the default. */
type FieldCopier = (from: Fields, to: Fields, depth: number) => void;

/**
 * The function that gives what `decode` makes of the bytes that `encode` makes of a value, without making them: the same
 * checks with the same errors, the same defaults, and nothing shared with the value.
 */
export function copier(schema: MessageSchema): (message: unknown) => Fields {
  const copy = messageCopier(schema, new Map());
  return (message) => {
    try {
      if (!isMessage(message)) throw mismatch("", "an object", message);
      return copy(message, 1);
    } catch (reason) {
      throw mismatchError(reason, schema.name);
    }
  };
}

function messageCopier(schema: MessageSchema, known: Map<MessageSchema, MessageCopier>): MessageCopier {
  const made = known.get(schema);
  if (made !== undefined) return made;
  const blank = blankMaker(schema);
  const copiers: FieldCopier[] = [];
  const copy: MessageCopier = (from, depth) => {
    if (depth > maxDepth) throw new Mismatch("…", `nested more than ${maxDepth} messages deep`);
    const to = blank();
    for (let i = 0; i < copiers.length; i++) (copiers[i] as FieldCopier)(from, to, depth);
    return to;
  };
  // Known before its fields are, since a message may contain itself.
  known.set(schema, copy);
  for (const field of schema.fields) {
    if (field.oneof === undefined) copiers.push(fieldCopier(field, known));
    else if (field === field.oneof[0]) copiers.push(oneofCopier(field.oneof, known));
  }
  return copy;
}

function fieldCopier(field: FieldSchema, known: Map<MessageSchema, MessageCopier>): FieldCopier {
  if (field.mapKey !== undefined) return mapCopier(field, field.mapKey, known);
  if (field.repeated) return listCopier(field, known);
  const { key, required } = field;
  const copy = valueCopier(field, known);
  const inherited = key in Object.prototype;
  return (from, to, depth) => {
    const value = from[key];
    // What every object inherits, `constructor` for one, is not the field.
    if (value === undefined || value === null || (inherited && !Object.hasOwn(from, key))) {
      if (required) throw mismatch(key, "a value, since the field is required", value);
    } else to[key] = copy(value, depth);
  };
}

/** A nested message, or a scalar. */
function valueCopier(
  field: FieldSchema,
  known: Map<MessageSchema, MessageCopier>,
): (value: unknown, depth: number) => unknown {
  const { key } = field;
  if (field.message === undefined) {
    const { copy } = scalarOf(field);
    return (value) => copy(value, key);
  }
  const copy = messageCopier(field.message, known);
  return (value, depth) => {
    if (!isMessage(value)) throw mismatch(key, "an object", value);
    try {
      return copy(value, depth + 1);
    } catch (reason) {
      throw within(reason, key);
    }
  };
}

function oneofCopier(members: readonly FieldSchema[], known: Map<MessageSchema, MessageCopier>): FieldCopier {
  const copiers = members.map((member) => ({ key: member.key, copy: valueCopier(member, known) }));
  return (from, to, depth) => {
    let copied: string | undefined;
    for (const { key, copy } of copiers) {
      const value = from[key];
      if (value === undefined || value === null || (key in Object.prototype && !Object.hasOwn(from, key))) continue;
      if (copied !== undefined) throw mismatch(key, `nothing, since ${copied} of the same oneof is set`, value);
      to[key] = copy(value, depth);
      copied = key;
    }
  };
}

function listCopier(field: FieldSchema, known: Map<MessageSchema, MessageCopier>): FieldCopier {
  const { key } = field;
  const copy = valueCopier(field, known);
  return (from, to, depth) => {
    const list = from[key];
    if (!Array.isArray(list)) {
      if (list === undefined || list === null || !Object.hasOwn(from, key)) return;
      throw mismatch(key, "an array", list);
    }
    const copies = to[key] as unknown[];
    for (let i = 0; i < list.length; i++) {
      try {
        copies.push(copy(list[i], depth));
      } catch (reason) {
        throw indexed(reason, key, i);
      }
    }
  };
}

function mapCopier(field: FieldSchema, keyType: ScalarType, known: Map<MessageSchema, MessageCopier>): FieldCopier {
  const { key } = field;
  const readKey = mapKeyReader(keyType);
  const { copy: copyKey } = scalarOf({ ...field, type: keyType });
  const copy = valueCopier(field, known);
  return (from, to, depth) => {
    const map = from[key];
    if (map === undefined || map === null || !Object.hasOwn(from, key)) return;
    if (!isMessage(map)) throw mismatch(key, "an object", map);
    for (const name of Object.keys(map)) {
      const value = map[name];
      if (value === undefined) continue;
      try {
        setEntry(to[key] as Fields, String(copyKey(readKey(name), key)), copy(value, depth));
      } catch (reason) {
        throw indexed(reason, key, display(name));
      }
    }
  };
}
