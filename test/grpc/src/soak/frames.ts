/** What a connection begins with. */
export const preface: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** The frame types that are used here. */
export const type = { data: 0, headers: 1, reset: 3, settings: 4, windowUpdate: 8 } as const;

/** END_STREAM and END_HEADERS. */
export const flag = { none: 0, end: 1, endHeaders: 4 } as const;

/** One HTTP/2 frame, whatever it says. */
export function frame(kind: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(kind, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header block in which every field stands as plain text. */
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

/** The headers of a call. */
export function callHeaders(stream: number, method: string, end = false): Buffer {
  const fields = block(
    [":method", "POST"],
    [":scheme", "http"],
    [":path", `/grpc.testing.TestService/${method}`],
    [":authority", "liar"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  );
  return frame(type.headers, flag.endHeaders | (end ? flag.end : 0), stream, fields);
}

/** A gRPC message around these bytes. */
export function message(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0), word(bytes.length), bytes]);
}
