import {
  DnsFormatError,
  type Message,
  maxLabelBytes,
  maxNameBytes,
  type Question,
  type ResourceRecord,
  types,
} from "./message.ts";

/** What RFC 6762 §17 allows in one packet, headers of IP and UDP left out. */
export const maxMessageBytes = 8_952;

/** The bytes of a message. Throws a `DnsFormatError` when a name, a text or the whole is too long for DNS. */
export function encodeMessage(message: Message): Uint8Array {
  const writer: Writer = { bytes: new Uint8Array(512), at: 0, names: new Map() };
  const { questions, answers, authorities, additionals } = message;
  uint16(writer, message.id, message.flags, questions.length, answers.length, authorities.length, additionals.length);
  for (const question of questions) writeQuestion(writer, question);
  for (const record of [...answers, ...authorities, ...additionals]) writeRecord(writer, record);
  return writer.bytes.slice(0, writer.at);
}

interface Writer {
  bytes: Uint8Array;
  at: number;
  /** Where each name written so far begins, and each of its ends. */
  readonly names: Map<string, number>;
}

function writeQuestion(writer: Writer, question: Question): void {
  name(writer, question.name);
  uint16(writer, question.type, question.class);
}

function writeRecord(writer: Writer, record: ResourceRecord): void {
  name(writer, record.name);
  uint16(writer, record.kind === "other" ? record.type : types[record.kind], record.class);
  uint16(writer, record.ttl >>> 16, record.ttl & 0xffff, 0);
  const start = writer.at;
  switch (record.kind) {
    case "PTR":
      name(writer, record.target);
      break;
    case "SRV":
      uint16(writer, record.priority, record.weight, record.port);
      name(writer, record.target, false); // RFC 2782 forbids compression here
      break;
    case "TXT":
      for (const text of record.strings) {
        const bytes = Buffer.from(text, "latin1");
        if (bytes.length > 255) throw new DnsFormatError("a TXT string is longer than 255 bytes");
        raw(writer, Uint8Array.of(bytes.length));
        raw(writer, bytes);
      }
      break;
    case "A":
    case "AAAA":
      raw(writer, record.address);
      break;
    case "other":
      raw(writer, record.data);
      break;
  }
  const length = writer.at - start;
  writer.bytes[start - 2] = length >> 8;
  writer.bytes[start - 1] = length;
}

function name(writer: Writer, text: string, compress = true): void {
  const labels = splitName(text);
  if (nameBytes(labels) > maxNameBytes) throw new DnsFormatError(`the name "${text}" is longer than DNS allows`);
  for (let i = 0; i < labels.length; i++) {
    const rest = labels.slice(i).join(".");
    const seen = writer.names.get(rest);
    if (compress && seen !== undefined) {
      uint16(writer, 0xc000 | seen);
      return;
    }
    if (writer.at < 0x4000) writer.names.set(rest, writer.at);
    const bytes = Buffer.from(unescaped(labels[i] ?? ""));
    if (bytes.length === 0 || bytes.length > maxLabelBytes)
      throw new DnsFormatError(`the label "${labels[i]}" of the name "${text}" has ${bytes.length} bytes, not 1 to 63`);
    raw(writer, Uint8Array.of(bytes.length));
    raw(writer, bytes);
  }
  raw(writer, Uint8Array.of(0));
}

/** The labels of a name, still escaped. The empty name has none. */
export function splitName(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=(?:^|[^\\])(?:\\\\)*)\./);
}

/** What a name takes on the wire when it is not compressed. */
export function nameBytes(labels: readonly string[]): number {
  return labels.reduce((sum, label) => sum + 1 + Buffer.byteLength(unescaped(label)), 1);
}

function unescaped(label: string): string {
  return label.replace(/\\(.)/gsu, "$1");
}

function uint16(writer: Writer, ...values: number[]): void {
  raw(writer, Uint8Array.from(values.flatMap((value) => [value >> 8, value])));
}

function raw(writer: Writer, bytes: Uint8Array): void {
  if (writer.at + bytes.length > maxMessageBytes)
    throw new DnsFormatError(`the packet is longer than ${maxMessageBytes} bytes`);
  if (writer.at + bytes.length > writer.bytes.length) {
    const larger = new Uint8Array(2 * (writer.at + bytes.length));
    larger.set(writer.bytes);
    writer.bytes = larger;
  }
  writer.bytes.set(bytes, writer.at);
  writer.at += bytes.length;
}
