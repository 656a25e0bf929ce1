/**
 * The application protocols that a TLS client offers, from the first bytes of its connection: none when it offers none or the bytes are no
 * client hello, and undefined when more of them are needed to tell. Nothing in a hello is encrypted before the server has answered.
 *
 * Source: RFC 8446 §4.1.2 and §5.1 for the hello and its records, RFC 7301 §3.1 for the extension.
 */
export function offeredProtocols(bytes: Buffer): readonly string[] | undefined {
  const hello = handshakeBytes(bytes);
  if (hello === undefined) return undefined;
  try {
    return protocolsOf(hello);
  } catch (reason) {
    if (reason instanceof RangeError) return []; // lengths that lie; TLS itself will say so
    throw reason;
  }
}

/** More than any client sends, post-quantum keys and all. */
export const maxHelloBytes: number = 32 * 1024;

const handshakeRecord = 22;
const clientHello = 1;
const protocolNegotiation = 16;
const none = Buffer.alloc(0);

/** The hello's body, put together from its records; empty when this is no hello, undefined while some of it is missing. */
function handshakeBytes(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  let length = 0;
  for (let at = 0; ; ) {
    if (bytes.length > at && bytes[at] !== handshakeRecord) return none;
    if (bytes.length < at + 5) return undefined;
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    const part = bytes.subarray(at + 5, end);
    parts.push(part);
    length += part.length;
    const message = Buffer.concat(parts, length);
    if (message.length > 0 && message[0] !== clientHello) return none;
    if (message.length >= 4) {
      const size = message.readUIntBE(1, 3);
      if (size > maxHelloBytes) return none;
      if (message.length >= 4 + size) return message.subarray(4, 4 + size);
    }
    if (bytes.length < end) return undefined;
    at = end;
  }
}

function protocolsOf(hello: Buffer): string[] {
  if (hello.length === 0) return [];
  let at = 2 + 32; // version and random
  at += 1 + hello.readUInt8(at); // session
  at += 2 + hello.readUInt16BE(at); // cipher suites
  at += 1 + hello.readUInt8(at); // compression
  if (at === hello.length) return [];
  const end = at + 2 + hello.readUInt16BE(at);
  at += 2;
  while (at < end) {
    const type = hello.readUInt16BE(at);
    const size = hello.readUInt16BE(at + 2);
    at += 4;
    if (type === protocolNegotiation) return namesIn(hello.subarray(at + 2, at + size));
    at += size;
  }
  return [];
}

function namesIn(list: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at < list.length; ) {
    const end = at + 1 + list.readUInt8(at);
    names.push(list.toString("latin1", at + 1, end));
    at = end;
  }
  return names;
}
