import { DnsFormatError, type Message, maxNameBytes, type Question, type ResourceRecord, types } from "./message.ts";

// More than any peer sends, and little enough that a hostile packet costs no more than a friendly one.
const maxQuestions = 32;
const maxRecords = 256;

/**
 * Reads one DNS message; what follows it is ignored. Throws a `DnsFormatError`, and nothing else, when the bytes are
 * none or it holds more than 32 questions or 256 records. The work is bounded by the length of the packet and these.
 */
export function decodeMessage(bytes: Uint8Array): Message {
  const { buffer, byteOffset, byteLength } = bytes;
  // A plain view, since the slices of a Buffer are no copies and would hold on to the whole packet.
  const plain = new Uint8Array(buffer, byteOffset, byteLength);
  const reader: Reader = { bytes: plain, view: new DataView(buffer, byteOffset, byteLength), at: 0 };
  const [id, flags, questions, answers, authorities, additionals] = [0, 1, 2, 3, 4, 5].map(() => uint16(reader)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (questions > maxQuestions) throw new DnsFormatError(`${questions} questions in one packet`);
  if (answers + authorities + additionals > maxRecords) throw new DnsFormatError("too many records in one packet");
  return {
    id,
    flags,
    questions: times(questions, () => question(reader)),
    answers: times(answers, () => record(reader)),
    authorities: times(authorities, () => record(reader)),
    additionals: times(additionals, () => record(reader)),
  };
}

interface Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
}

function question(reader: Reader): Question {
  return { name: name(reader), type: uint16(reader), class: uint16(reader) };
}

function record(reader: Reader): ResourceRecord {
  const owner = name(reader);
  const type = uint16(reader);
  const owned = { name: owner, class: uint16(reader), ttl: uint32(reader) };
  const length = uint16(reader);
  const end = reader.at + need(reader, length);
  const read = body(reader, type, owned, end);
  if (reader.at !== end) throw new DnsFormatError(`record data of type ${type} is not as long as it says`);
  return read;
}

function body(
  reader: Reader,
  type: number,
  owned: { name: string; class: number; ttl: number },
  end: number,
): ResourceRecord {
  switch (type) {
    case types.PTR:
      return { ...owned, kind: "PTR", target: name(reader) };
    case types.SRV:
      return {
        ...owned,
        kind: "SRV",
        priority: uint16(reader),
        weight: uint16(reader),
        port: uint16(reader),
        target: name(reader),
      };
    case types.A:
      return { ...owned, kind: "A", address: slice(reader, 4) };
    case types.AAAA:
      return { ...owned, kind: "AAAA", address: slice(reader, 16) };
    case types.TXT: {
      const strings: string[] = [];
      while (reader.at < end) strings.push(Buffer.from(slice(reader, uint8(reader))).toString("latin1"));
      return { ...owned, kind: "TXT", strings };
    }
    default:
      return { ...owned, kind: "other", type, data: slice(reader, end - reader.at) };
  }
}

// A compressed name goes on elsewhere. Each jump must lead to before the place the last one led to, so it comes to an end.
function name(reader: Reader): string {
  const labels: string[] = [];
  let bytesLeft = maxNameBytes - 1;
  let at = reader.at;
  let earliest = reader.at;
  let jumped = false;
  for (;;) {
    const length = reader.bytes[at];
    if (length === undefined) throw new DnsFormatError("name goes past the end of the packet");
    if (length >= 0xc0) {
      const low = reader.bytes[at + 1];
      if (low === undefined) throw new DnsFormatError("name goes past the end of the packet");
      if (!jumped) reader.at = at + 2;
      jumped = true;
      at = ((length & 0x3f) << 8) | low;
      if (at >= earliest) throw new DnsFormatError("compressed name does not point backwards");
      earliest = at;
    } else if (length >= 0x40) {
      throw new DnsFormatError("name has a label of unknown kind");
    } else if (length === 0) {
      if (!jumped) reader.at = at + 1;
      return labels.join(".");
    } else {
      bytesLeft -= length + 1;
      if (bytesLeft < 0) throw new DnsFormatError(`name is longer than ${maxNameBytes} bytes`);
      if (at + 1 + length > reader.bytes.length) throw new DnsFormatError("name goes past the end of the packet");
      const label = utf8.decode(reader.bytes.subarray(at + 1, at + 1 + length));
      labels.push(label.replace(/[.\\]/g, "\\$&"));
      at += 1 + length;
    }
  }
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

function slice(reader: Reader, length: number): Uint8Array {
  need(reader, length);
  reader.at += length;
  return reader.bytes.slice(reader.at - length, reader.at);
}

function uint8(reader: Reader): number {
  need(reader, 1);
  return reader.view.getUint8(reader.at++);
}

function uint16(reader: Reader): number {
  need(reader, 2);
  reader.at += 2;
  return reader.view.getUint16(reader.at - 2);
}

function uint32(reader: Reader): number {
  need(reader, 4);
  reader.at += 4;
  return reader.view.getUint32(reader.at - 4);
}

function need(reader: Reader, length: number): number {
  if (reader.at + length > reader.bytes.length) throw new DnsFormatError("packet ends too early");
  return length;
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
