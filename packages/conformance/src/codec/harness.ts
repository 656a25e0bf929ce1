import type { Codec, MessageType } from "@micro/core";

/** A value and what it is written as. */
export interface CodecSample {
  /** What is special about it, for the name of a failure. */
  readonly what: string;
  /** The message's type; undefined for a plain value. */
  readonly type?: MessageType;
  /** As `decode` gives it, every field set. */
  readonly value: unknown;
  /** What other implementations write for it; undefined when there are several ways. */
  readonly bytes?: Uint8Array;
}

/** Something that must be refused. */
export interface CodecRefusal<T> {
  readonly what: string;
  readonly type?: MessageType;
  readonly given: T;
  /** What the error must name, such as the field. */
  readonly names?: string;
}

/** One codec with values that suit it. */
export interface CodecHarness {
  readonly codec: Codec;
  /** Values that must come back as they went in; one of them the empty message, if the codec knows messages. */
  readonly samples: readonly CodecSample[];
  /** Bytes that are none of its messages. */
  readonly malformed: readonly CodecRefusal<Uint8Array>[];
  /** Values that do not fit. */
  readonly misfits: readonly CodecRefusal<unknown>[];
  /** Values are the bytes themselves, so that writing and reading copy nothing. @default false */
  readonly passesBytes?: boolean;
}
