import { mismatch } from "./mismatch.ts";
import { type Reader, wire } from "./reader.ts";
import type { FieldSchema, ScalarType } from "./schema.ts";
import type { Writer } from "./writer.ts";

/** How the values of one scalar type are written and read. */
export interface Scalar {
  readonly wireType: number;
  /** Whether the value is what a field without presence leaves out. Called before `write`, with any value. */
  isZero(value: unknown): boolean;
  /** Throws a mismatch under `key` when the value is not of the type. */
  write(writer: Writer, value: unknown, key: string): void;
  read(reader: Reader): unknown;
  /** What `read` gives of what `write` wrote, nothing of it shared with the value. Throws as `write` does. */
  copy(value: unknown, key: string): unknown;
}

/** The scalar that a field's values are; enums are int32 on the wire. */
export function scalarOf(field: FieldSchema): Scalar {
  if (field.type === "message") throw new Error(`${field.name} is a message`);
  return field.type === "enum" ? enumeration : scalars[field.type];
}

// The halves of a 64-bit integer meet here; explicit about byte order, and the compiler turns the calls into loads.
const scratch = new DataView(new ArrayBuffer(8));

function signed64(lo: number, hi: number): bigint {
  scratch.setUint32(0, lo, true);
  scratch.setUint32(4, hi, true);
  return scratch.getBigInt64(0, true);
}

function unsigned64(lo: number, hi: number): bigint {
  scratch.setUint32(0, lo, true);
  scratch.setUint32(4, hi, true);
  return scratch.getBigUint64(0, true);
}

const decimal = /^-?\d{1,20}$/;

/** Leaves the value in `scratch`. */
function split64(value: unknown, signed: boolean, key: string): void {
  const integer = typeof value === "string" && decimal.test(value) ? BigInt(value) : value;
  if (typeof integer === "bigint") {
    scratch.setBigInt64(0, integer, true);
    if ((signed ? scratch.getBigInt64(0, true) : scratch.getBigUint64(0, true)) === integer) return;
  } else if (typeof integer === "number" && Number.isSafeInteger(integer) && (signed || integer >= 0)) {
    scratch.setUint32(0, integer >>> 0, true);
    scratch.setInt32(4, Math.floor(integer / 0x1_0000_0000), true);
    return;
  }
  throw mismatch(key, signed ? "a 64-bit integer" : "an unsigned 64-bit integer", value);
}

function copy64(signed: boolean): Scalar["copy"] {
  const join = signed ? signed64 : unsigned64;
  const cut = signed ? BigInt.asIntN : BigInt.asUintN;
  return (value, key) => {
    if (typeof value === "bigint" && cut(64, value) === value) return value;
    split64(value, signed, key);
    return join(scratch.getUint32(0, true), scratch.getUint32(4, true));
  };
}

const isZero64 = (value: unknown): boolean => value === 0n || value === 0 || value === "0";
const isZeroNumber = (value: unknown): boolean => value === 0;
// Minus zero is not zero on the wire.
const isZeroFloat = (value: unknown): boolean => Object.is(value, 0);

function asInt32(value: unknown, key: string): number {
  if (typeof value !== "number" || (value | 0) !== value) throw mismatch(key, "a 32-bit integer", value);
  return value;
}

function asUint32(value: unknown, key: string): number {
  if (typeof value !== "number" || value >>> 0 !== value) throw mismatch(key, "an unsigned 32-bit integer", value);
  return value;
}

function asNumber(value: unknown, key: string): number {
  if (typeof value !== "number") throw mismatch(key, "a number", value);
  return value;
}

function varint64(signed: boolean): Scalar {
  const join = signed ? signed64 : unsigned64;
  return {
    wireType: wire.varint,
    isZero: isZero64,
    write(writer, value, key) {
      split64(value, signed, key);
      writer.varint64(scratch.getUint32(0, true), scratch.getUint32(4, true));
    },
    read(reader) {
      reader.varint64();
      return join(reader.lo, reader.hi);
    },
    copy: copy64(signed),
  };
}

function fixed64(signed: boolean): Scalar {
  const join = signed ? signed64 : unsigned64;
  return {
    wireType: wire.fixed64,
    isZero: isZero64,
    write(writer, value, key) {
      split64(value, signed, key);
      writer.fixed64(scratch.getUint32(0, true), scratch.getUint32(4, true));
    },
    read(reader) {
      reader.fixed64();
      return join(reader.lo, reader.hi);
    },
    copy: copy64(signed),
  };
}

const int32: Scalar = {
  wireType: wire.varint,
  isZero: isZeroNumber,
  write(writer, value, key) {
    writeInt32(writer, asInt32(value, key));
  },
  read: (reader) => reader.uint32() | 0,
  copy: (value, key) => asInt32(value, key) | 0,
};

const enumeration: Scalar = {
  ...int32,
  write: (writer, value, key) => writeInt32(writer, asEnum(value, key)),
  copy: (value, key) => asEnum(value, key) | 0,
};

function asEnum(value: unknown, key: string): number {
  if (typeof value !== "number" || (value | 0) !== value) throw mismatch(key, "an enum number", value);
  return value;
}

function writeInt32(writer: Writer, value: number): void {
  // A negative one is written as the 64-bit integer it is part of: ten bytes.
  if (value < 0) writer.varint64(value, -1);
  else writer.uint32(value);
}

const floatRange = 3.4028235677973366e38; // from here on, rounding to 32 bits gives infinity

function asFloat(value: unknown, key: string): number {
  const float = asNumber(value, key);
  if (Math.abs(float) >= floatRange && Number.isFinite(float)) throw mismatch(key, "a 32-bit float", value);
  return float;
}

function asBoolean(value: unknown, key: string): boolean {
  if (typeof value !== "boolean") throw mismatch(key, "a boolean", value);
  return value;
}

const scalars: Readonly<Record<ScalarType, Scalar>> = {
  int32,
  int64: varint64(true),
  uint64: varint64(false),
  fixed64: fixed64(false),
  sfixed64: fixed64(true),
  uint32: {
    wireType: wire.varint,
    isZero: isZeroNumber,
    write: (writer, value, key) => writer.uint32(asUint32(value, key)),
    read: (reader) => reader.uint32(),
    copy: (value, key) => asUint32(value, key) >>> 0,
  },
  sint32: {
    wireType: wire.varint,
    isZero: isZeroNumber,
    write(writer, value, key) {
      const int = asInt32(value, key);
      writer.uint32(((int << 1) ^ (int >> 31)) >>> 0);
    },
    read(reader) {
      const zigzag = reader.uint32();
      return (zigzag >>> 1) ^ -(zigzag & 1);
    },
    copy: int32.copy,
  },
  sint64: {
    wireType: wire.varint,
    isZero: isZero64,
    write(writer, value, key) {
      split64(value, true, key);
      const lo = scratch.getInt32(0, true);
      const hi = scratch.getInt32(4, true);
      const sign = hi >> 31;
      writer.varint64((lo << 1) ^ sign, ((hi << 1) | (lo >>> 31)) ^ sign);
    },
    read(reader) {
      reader.varint64();
      const { lo, hi } = reader;
      const sign = -(lo & 1);
      return signed64(((lo >>> 1) | (hi << 31)) ^ sign, (hi >>> 1) ^ sign);
    },
    copy: copy64(true),
  },
  fixed32: {
    wireType: wire.fixed32,
    isZero: isZeroNumber,
    write: (writer, value, key) => writer.fixed32(asUint32(value, key)),
    read: (reader) => reader.fixed32(),
    copy: (value, key) => asUint32(value, key) >>> 0,
  },
  sfixed32: {
    wireType: wire.fixed32,
    isZero: isZeroNumber,
    write: (writer, value, key) => writer.fixed32(asInt32(value, key)),
    read: (reader) => reader.fixed32() | 0,
    copy: int32.copy,
  },
  float: {
    wireType: wire.fixed32,
    isZero: isZeroFloat,
    write: (writer, value, key) => writer.float(asFloat(value, key)),
    read(reader) {
      scratch.setUint32(0, reader.fixed32(), true);
      return scratch.getFloat32(0, true);
    },
    copy: (value, key) => Math.fround(asFloat(value, key)),
  },
  double: {
    wireType: wire.fixed64,
    isZero: isZeroFloat,
    write: (writer, value, key) => writer.double(asNumber(value, key)),
    read(reader) {
      reader.fixed64();
      scratch.setUint32(0, reader.lo, true);
      scratch.setUint32(4, reader.hi, true);
      return scratch.getFloat64(0, true);
    },
    copy: asNumber,
  },
  bool: {
    wireType: wire.varint,
    isZero: (value) => value === false,
    write: (writer, value, key) => writer.byte(asBoolean(value, key) ? 1 : 0),
    read(reader) {
      reader.varint64();
      return reader.lo !== 0 || reader.hi !== 0;
    },
    copy: asBoolean,
  },
  string: {
    wireType: wire.bytes,
    isZero: (value) => value === "",
    write(writer, value, key) {
      if (typeof value !== "string") throw mismatch(key, "a string", value);
      if (!writer.string(value)) throw mismatch(key, "a string without half surrogate pairs", value);
    },
    read: (reader) => reader.string(),
    copy(value, key) {
      if (typeof value !== "string") throw mismatch(key, "a string", value);
      if (!value.isWellFormed()) throw mismatch(key, "a string without half surrogate pairs", value);
      return value;
    },
  },
  bytes: {
    wireType: wire.bytes,
    isZero: (value) => value instanceof Uint8Array && value.length === 0,
    write(writer, value, key) {
      if (!(value instanceof Uint8Array)) throw mismatch(key, "a Uint8Array", value);
      writer.bytes(value);
    },
    read: (reader) => reader.bytes(),
    copy(value, key) {
      if (!(value instanceof Uint8Array)) throw mismatch(key, "a Uint8Array", value);
      return new Uint8Array(value);
    },
  },
};
