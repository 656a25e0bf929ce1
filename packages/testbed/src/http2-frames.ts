/** What a connection begins with. */
export const preface: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** The frame types. */
export const type = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** END_STREAM (ACK for SETTINGS and PING) and END_HEADERS. */
export const flag = { none: 0, end: 1, ack: 1, endHeaders: 4 } as const;

/** One HTTP/2 frame, whatever it says. */
export function frame(kind: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(kind, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header block in which every field stands as plain text; names and values of up to 126 bytes. */
export function block(...fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const literal = (text: string): Buffer => Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]));
}

/** SETTINGS with one value: the window of new streams. */
export function initialWindow(bytes: number): Buffer {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(4, 0);
  payload.writeUInt32BE(bytes, 2);
  return frame(type.settings, flag.none, 0, payload);
}

/** A number of 32 bits, as WINDOW_UPDATE and RST_STREAM carry it. */
export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A gRPC message around these bytes; `length` is what it says of them. */
export function message(bytes: Uint8Array, length: number = bytes.length): Buffer {
  return Buffer.concat([Buffer.of(0), word(length), bytes]);
}

/** One frame as it came. */
export interface ReadFrame {
  readonly kind: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Cuts the bytes of a connection into frames; `skip` bytes at the start are none, as a client's preface. */
export function frameReader(onFrame: (frame: ReadFrame) => void, skip = 0): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let left = skip;
  return (chunk) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    if (left > 0) {
      const skipped = Math.min(left, rest.length);
      left -= skipped;
      rest = rest.subarray(skipped);
    }
    while (rest.length >= 9) {
      const end = 9 + rest.readUIntBE(0, 3);
      if (rest.length < end) return;
      const frame = {
        kind: rest.readUInt8(3),
        flags: rest.readUInt8(4),
        stream: rest.readUInt32BE(5),
        payload: rest.subarray(9, end),
      };
      rest = rest.subarray(end);
      onFrame(frame);
    }
  };
}
