import { Buffer } from "node:buffer";
import { Reader } from "../protobuf/reader.ts";
import { protobufCodec } from "../protobuf.ts";
import { empty, emptyFrame, type Frame, type FrameKind, type Framing } from "./framing.ts";

/**
 * `application/proto-rpc`: two blocks, an envelope and the value, each after its length in 4 bytes big-endian; an event
 * is the bare value.
 *
 * The envelope is protobuf: 1 the method, 2 the id as fixed64, 3 the error of a response. Ids that are no 64-bit integer
 * become 0, as in go-micro.
 */
export const protoRpcFraming: Framing = {
  name: "proto-rpc",
  codec: protobufCodec,
  write: (frame) =>
    frame.kind === "event" ? frame.body : blocks(frame, frame.error === undefined ? frame.body : empty),
  read(message, kind) {
    if (message.length === 0) return emptyFrame(kind);
    if (kind === "event") return { ...emptyFrame(kind), body: message };
    const head = block(message, 0, "the envelope");
    const body = block(message, head.end, "the value");
    if (body.end < message.length) {
      throw new Error(`proto-rpc ${kind}: ${message.length - body.end} bytes after the value`);
    }
    return { ...readEnvelope(head.bytes, kind), body: body.bytes };
  },
};

/** The whole message in one piece of memory. */
function blocks({ kind, method, id, error = "" }: Frame, body: Uint8Array): Uint8Array {
  const methodBytes = Buffer.from(method);
  const errorBytes = Buffer.from(kind === "response" ? error : "");
  const seq = seqOf(id);
  const headLength = textLength(methodBytes) + (seq === 0n ? 0 : 9) + textLength(errorBytes);
  const message = Buffer.allocUnsafe(lengthBytes + headLength + lengthBytes + body.length);
  let at = message.writeUInt32BE(headLength, 0);
  at = writeText(message, at, 1, methodBytes);
  if (seq !== 0n) at = message.writeBigInt64LE(seq, message.writeUInt8((2 << 3) | 1, at));
  at = writeText(message, at, 3, errorBytes);
  message.set(body, message.writeUInt32BE(body.length, at));
  return message;
}

const lengthBytes = 4;

/** Bytes of a text's field: none when it is empty. */
function textLength({ length }: Buffer): number {
  return length === 0 ? 0 : 1 + varintLength(length) + length;
}

function varintLength(value: number): number {
  return value < 2 ** 7 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 21 ? 3 : value < 2 ** 28 ? 4 : 5;
}

function writeText(message: Buffer, start: number, field: number, text: Buffer): number {
  if (text.length === 0) return start;
  let at = message.writeUInt8((field << 3) | 2, start);
  let rest = text.length;
  for (; rest > 127; rest >>>= 7) at = message.writeUInt8((rest & 127) | 128, at);
  at = message.writeUInt8(rest, at);
  message.set(text, at);
  return at + text.length;
}

function seqOf(id: string): bigint {
  if (!/^[+-]?\d{1,100}$/.test(id)) return 0n;
  const seq = id.startsWith("+") ? BigInt(id.slice(1)) : BigInt(id);
  return BigInt.asIntN(64, seq) === seq ? seq : 0n;
}

function block(message: Uint8Array, start: number, what: string): { bytes: Uint8Array; end: number } {
  const left = message.length - start;
  if (left < lengthBytes)
    throw new Error(`proto-rpc: ${what} is missing, ${left} bytes are left where its length should be`);
  const length = new DataView(message.buffer, message.byteOffset + start).getUint32(0);
  if (length > left - lengthBytes) {
    throw new Error(`proto-rpc: ${what} claims ${length} bytes, ${left - lengthBytes} are left`);
  }
  const from = start + lengthBytes;
  return { bytes: message.subarray(from, from + length), end: from + length };
}

function readEnvelope(bytes: Uint8Array, kind: FrameKind): Frame {
  const reader = new Reader(bytes);
  let method = "";
  let id = "0";
  let error = "";
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | 2)) method = reader.string();
    else if (tag === ((2 << 3) | 1)) id = readSeq(reader);
    else if (tag === ((3 << 3) | 2) && kind === "response") error = reader.string();
    else reader.skip(tag);
  }
  return { kind, id, method, ...(error !== "" && { error }), body: empty };
}

function readSeq(reader: Reader): string {
  reader.fixed64();
  return reader.hi === 0 ? String(reader.lo) : String((BigInt(reader.hi) << 32n) | BigInt(reader.lo));
}
