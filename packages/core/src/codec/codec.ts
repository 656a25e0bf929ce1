import type { MessageType } from "../words/description.ts";

/** Turns the values of one message type into bytes and back. Made once an endpoint and kept. */
export interface Coder<T = unknown> {
  /** Throws a `TypeError` that names the field when the value does not fit. */
  encode(value: T): Uint8Array;
  /** Throws an `Error` that says what is wrong with the bytes. */
  decode(bytes: Uint8Array): T;
  /** As `decode`, of bytes that nobody will write to any more, as those are that a protocol gives. @default decode */
  decodeOwned?(bytes: Uint8Array): T;
}

/** One way to write values, known by the content types it answers to. */
export interface Codec {
  readonly name: string;
  /** The first is what its writer announces. Compared in lower case and without parameters. */
  readonly contentTypes: readonly string[];
  /** The coder for one message type, or for plain values when there is no type. */
  coder(type?: MessageType): Coder;
}
