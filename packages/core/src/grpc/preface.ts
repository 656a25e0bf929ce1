const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Whether a connection begins as HTTP/2 with prior knowledge; undefined when more bytes are needed to tell. */
export function recognisesHttp2(head: Uint8Array): boolean | undefined {
  const length = Math.min(head.length, preface.length);
  if (preface.compare(head, 0, length, 0, length) !== 0) return false;
  return length === preface.length ? true : undefined;
}
