import type { Fields } from "../header-list.ts";
import { DynamicTable, entryOverhead, fieldBytes } from "./dynamic-table.ts";
import { checkFields, type HeaderTemplate } from "./header-template.ts";
import { huffmanEncode, huffmanLength } from "./huffman.ts";
import { staticNames, staticSize } from "./static-table.ts";

/** Room that a block may need beyond the characters of its fields: table size updates. */
const blockOverhead = 12;

/** A literal that is not put into the table goes as it is up to here: on a short one Huffman costs more than it saves. */
const plainBytes = 256;

const remembered = 128;

/** What was encoded for a template, valid while the table is as it was. */
interface Encoded {
  bytes: Buffer;
  generation: number;
}

/** Where one name stands in the dynamic table: the number of its newest entry, and of each of its values. */
interface DynamicName {
  newest: number;
  values: Map<string, number>;
}

/**
 * Writes header blocks: RFC 7541. One for each connection.
 *
 * Fields of a template are put into the peer's table the first time, after which the whole template is a few bytes
 * that are copied. Other fields are put there when the same name and value come for the second time, except those
 * whose values are known to change and those that are secret.
 */
export class HpackEncoder {
  private readonly table: DynamicTable;
  private readonly names = new Map<string, DynamicName>();
  private readonly templates = new WeakMap<HeaderTemplate, Encoded>();
  private readonly ownLimit: number;
  private generation = 0;
  private smallestAnnounced: number;
  private announcePending = false;
  private readonly seenNames: string[] = new Array<string>(remembered).fill("");
  private readonly seenValues: string[] = new Array<string>(remembered).fill("");

  /** `tableBytes` is the most that we spend on the table, whatever the peer allows. */
  constructor(tableBytes: number) {
    this.ownLimit = tableBytes;
    this.table = new DynamicTable(Math.min(4096, tableBytes));
    this.smallestAnnounced = this.table.capacity;
    // The peer begins with 4096, so a smaller table has to be announced.
    this.announcePending = tableBytes < 4096;
    this.table.onEvict = (name, value, number) => this.forget(name, value, number);
  }

  /** Bytes held by the dynamic table. */
  get tableBytes(): number {
    return this.table.bytes;
  }

  /** Takes the SETTINGS_HEADER_TABLE_SIZE of the peer. */
  allow(tableBytes: number): void {
    const capacity = Math.min(tableBytes, this.ownLimit);
    if (capacity === this.table.capacity && !this.announcePending) return;
    this.smallestAnnounced = this.announcePending ? Math.min(this.smallestAnnounced, capacity) : capacity;
    this.announcePending = true;
    this.generation++;
    this.table.resize(capacity);
  }

  /** Bytes that `encode` writes at most. */
  bound(template: HeaderTemplate | undefined, fields: Fields): number {
    let bytes = blockOverhead + (template ? template.bytes : 0);
    for (let i = 0; i + 1 < fields.length; i += 2) bytes += fieldBytes(fields[i] ?? "", fields[i + 1] ?? "");
    return bytes;
  }

  /** Writes the fields of `template`, then `fields`, into `out` at `at` and gives the position after them. */
  encode(out: Buffer, at: number, template: HeaderTemplate | undefined, fields: Fields): number {
    // Before anything is written: a refused field must leave the table as the peer knows it.
    checkFields(fields);
    let end = at;
    if (this.announcePending) end = this.announce(out, end);
    if (template) end = this.template(out, end, template);
    for (let i = 0; i + 1 < fields.length; i += 2) end = this.field(out, end, fields[i] ?? "", fields[i + 1] ?? "");
    return end;
  }

  private announce(out: Buffer, at: number): number {
    this.announcePending = false;
    let end = at;
    if (this.smallestAnnounced < this.table.capacity) end = integer(out, end, 0x20, 0x1f, this.smallestAnnounced);
    this.smallestAnnounced = this.table.capacity;
    return integer(out, end, 0x20, 0x1f, this.table.capacity);
  }

  private template(out: Buffer, at: number, template: HeaderTemplate): number {
    const known = this.templates.get(template);
    if (known && known.generation === this.generation) {
      const { bytes } = known;
      // A loop beats the call of a native copy on the dozen bytes that this is.
      for (let i = 0; i < bytes.length; i++) out[at + i] = bytes[i] ?? 0;
      return at + bytes.length;
    }
    const generation = this.generation;
    const { fields, secret } = template;
    let end = at;
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const name = fields[i] ?? "";
      const value = fields[i + 1] ?? "";
      const index = this.indexOf(name, value);
      if (index > 0) end = integer(out, end, 0x80, 0x7f, index);
      else if (secret[i >> 1]) end = this.literal(out, end, 0x10, 0x0f, name, value);
      else end = this.inserted(out, end, name, value);
    }
    if (generation === this.generation)
      this.templates.set(template, { bytes: Buffer.from(out.subarray(at, end)), generation });
    return end;
  }

  private field(out: Buffer, at: number, name: string, value: string): number {
    const index = this.indexOf(name, value);
    if (index > 0) return integer(out, at, 0x80, 0x7f, index);
    const habit = habits.get(name) ?? habitOf(name);
    if (habit === "secret") return this.literal(out, at, 0x10, 0x0f, name, value);
    if (habit !== "changing" && this.seenBefore(name, value)) return this.inserted(out, at, name, value);
    return this.literal(out, at, 0x00, 0x0f, name, value);
  }

  private indexOf(name: string, value: string): number {
    const number = this.names.get(name)?.values.get(value);
    if (number !== undefined) return staticSize + this.table.inserted - number;
    return staticNames.get(name)?.values.get(value) ?? 0;
  }

  private nameIndexOf(name: string): number {
    const index = staticNames.get(name)?.index;
    if (index !== undefined) return index;
    const dynamic = this.names.get(name);
    return dynamic ? staticSize + this.table.inserted - dynamic.newest : 0;
  }

  private literal(out: Buffer, at: number, pattern: number, prefix: number, name: string, value: string): number {
    const index = this.nameIndexOf(name);
    let end = integer(out, at, pattern, prefix, index);
    if (index === 0) end = string(out, end, name, plainBytes);
    return string(out, end, value, plainBytes);
  }

  private inserted(out: Buffer, at: number, name: string, value: string): number {
    // One field must not push everything else out of the table.
    if (fieldBytes(name, value) > this.table.capacity >> 1) return this.literal(out, at, 0x00, 0x0f, name, value);
    const index = this.nameIndexOf(name);
    let end = integer(out, at, 0x40, 0x3f, index);
    if (index === 0) end = string(out, end, name, 0);
    end = string(out, end, value, 0);
    this.generation++;
    this.table.insert(name, value);
    const number = this.table.inserted - 1;
    const known = this.names.get(name);
    if (known) {
      known.newest = number;
      known.values.set(value, number);
    } else {
      this.names.set(name, { newest: number, values: new Map([[value, number]]) });
    }
    return end;
  }

  private forget(name: string, value: string, number: number): void {
    const known = this.names.get(name);
    if (!known) return;
    if (known.values.get(value) === number) known.values.delete(value);
    if (known.values.size === 0) this.names.delete(name);
  }

  /** True when the same field was asked about not long ago. */
  private seenBefore(name: string, value: string): boolean {
    const last = value.length === 0 ? 0 : value.charCodeAt(value.length - 1);
    const slot = (name.length * 31 + name.charCodeAt(name.length - 1) + value.length * 7 + last) & (remembered - 1);
    if (this.seenNames[slot] === name && this.seenValues[slot] === value) return true;
    // Long values would be kept alive by this memory: they are never put into the table in any case.
    if (name.length + value.length + entryOverhead > this.table.capacity >> 1) return false;
    this.seenNames[slot] = name;
    this.seenValues[slot] = value;
    return false;
  }
}

/**
 * How the values of a name behave. `secret` ones are never put into a table, where a third party who shares the
 * connection could guess them by the size of blocks (RFC 7541 §7.1); `changing` ones would only push out others.
 */
const habits = new Map<string, Habit>([
  ["authorization", "secret"],
  ["proxy-authorization", "secret"],
  ["cookie", "secret"],
  ["set-cookie", "secret"],
  ["age", "changing"],
  ["content-length", "changing"],
  ["content-range", "changing"],
  ["date", "changing"],
  ["etag", "changing"],
  ["grpc-message", "changing"],
  ["grpc-timeout", "changing"],
  ["if-modified-since", "changing"],
  ["if-none-match", "changing"],
  ["last-modified", "changing"],
  ["location", "changing"],
  ["micro-span-id", "changing"],
  ["micro-trace-id", "changing"],
  ["traceparent", "changing"],
  ["x-request-id", "changing"],
]);

type Habit = "secret" | "changing" | "usual";

// Names are few; where somebody makes up new ones for ever, they are looked at anew each time.
const mostHabits = 1024;

function habitOf(name: string): Habit {
  const habit = /authorization|cookie|token|secret|password|api-?key/.test(name) ? "secret" : "usual";
  if (habits.size < mostHabits) habits.set(name, habit);
  return habit;
}

function integer(out: Buffer, at: number, pattern: number, prefix: number, value: number): number {
  if (value < prefix) {
    out[at] = pattern | value;
    return at + 1;
  }
  out[at] = pattern | prefix;
  let end = at + 1;
  let rest = value - prefix;
  for (; rest >= 0x80; rest >>>= 7) out[end++] = (rest & 0x7f) | 0x80;
  out[end++] = rest;
  return end;
}

function string(out: Buffer, at: number, text: string, plainUpTo: number): number {
  const { length } = text;
  if (length > plainUpTo || plainUpTo === 0) {
    const coded = huffmanLength(text);
    if (coded < length) return huffmanEncode(text, out, integer(out, at, 0x80, 0x7f, coded));
  }
  const start = integer(out, at, 0x00, 0x7f, length);
  if (length < 24) for (let i = 0; i < length; i++) out[start + i] = text.charCodeAt(i);
  else out.write(text, start, "latin1");
  return start + length;
}
