/** A DNS message as multicast DNS uses it. Source: RFC 1035 §4, RFC 6762 §18. */
export interface Message {
  readonly id: number;
  readonly flags: number;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
}

/**
 * Names are written without the last dot, labels as UTF-8; a dot or backslash inside a label has a backslash before it.
 */
export interface Question {
  readonly name: string;
  readonly type: number;
  /** With the top bit set when the asker wants its answer by unicast. */
  readonly class: number;
}

interface Owned {
  readonly name: string;
  /** With the top bit set when the record replaces what was known under its name. */
  readonly class: number;
  /** Seconds; 0 takes the record back. */
  readonly ttl: number;
}
export interface Pointer extends Owned {
  readonly kind: "PTR";
  readonly target: string;
}
export interface ServiceLocation extends Owned {
  readonly kind: "SRV";
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}
export interface HostAddress extends Owned {
  readonly kind: "A" | "AAAA";
  /** 4 bytes for A, 16 for AAAA. */
  readonly address: Uint8Array;
}
export interface Text extends Owned {
  readonly kind: "TXT";
  /** Each of at most 255 bytes, one character a byte. */
  readonly strings: readonly string[];
}
/** A record of a kind that is of no interest here. */
export interface Other extends Owned {
  readonly kind: "other";
  readonly type: number;
  readonly data: Uint8Array;
}
export type ResourceRecord = Pointer | ServiceLocation | HostAddress | Text | Other;

/** The bytes are not a DNS message, or the message does not fit the form. */
export class DnsFormatError extends Error {
  override readonly name = "DnsFormatError";
}

export const types = { A: 1, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, ANY: 255 } as const;
export const classInternet = 1;
/** On a question: answer me by unicast. */
export const unicastBit = 0x8000;
/** Flags of a message: response; authoritative answer; the bits of opcode and of the response code. */
export const flags = { response: 0x8000, authoritative: 0x0400, opcode: 0x7800, rcode: 0x000f } as const;

/** What a label of a name, and a whole name, may take on the wire, in bytes. */
export const maxLabelBytes = 63;
export const maxNameBytes = 255;

/** A message that has only what it is given. */
export function message(parts: Partial<Message>): Message {
  return { id: 0, flags: 0, questions: [], answers: [], authorities: [], additionals: [], ...parts };
}
