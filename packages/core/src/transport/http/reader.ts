import { type ChunkedBody, chunkedBody } from "./chunked.ts";
import { type Head, parseHead, type Role } from "./head.ts";
import { HttpSyntaxError } from "./syntax-error.ts";

/** One message taken off the wire. */
export interface HttpMessage {
  readonly head: Head;
  /** May be a view on what was pushed. Empty when it was over the limit. */
  readonly body: Uint8Array;
  /** Set when the body is over the limit; then the message is given at once and what comes of the body is skipped. */
  readonly tooLarge: boolean;
}

export interface HttpReaderOptions {
  readonly role: Role;
  readonly maxBodyBytes: number;
  /** Bytes of start line and headers. @default 64 KiB */
  readonly maxHeadBytes?: number;
  /** @default 256 */
  readonly maxHeaders?: number;
  /** A head with more to come; a server that is asked to says `100 Continue` here. */
  onHead?(head: Head): void;
  onMessage(message: HttpMessage): void;
}

/** Takes bytes in any portions and gives messages. */
export interface HttpReader {
  /** True between the first byte of a message and its last. */
  readonly inMessage: boolean;
  /** Throws an `HttpSyntaxError` where the bytes are no message; nothing more can be read then. */
  push(chunk: Buffer): void;
  /** The peer has closed. Throws an `HttpSyntaxError` when a message was under way. */
  end(): void;
}

const headEnd = Buffer.from("\r\n\r\n");
const nothing: Buffer = Buffer.alloc(0);

// A body that goes on and on beyond its limit is not waited for: so many times the limit are skipped.
const skippedLimits = 16;

/**
 * Reads HTTP/1.1 messages one after another. A body over the limit is skipped, so that the message after it is still
 * found. Heads under way are held up to their limit, bodies up to theirs, whatever length they claim.
 */
export function httpReader(options: HttpReaderOptions): HttpReader {
  const { role, maxBodyBytes, maxHeadBytes = 64 * 1024, maxHeaders = 256, onMessage } = options;
  let held: Buffer = nothing;
  let head: Head | undefined;
  let parts: Buffer[] = [];
  let size = 0;
  let left = 0;
  let skipping = false;
  let chunked: ChunkedBody | undefined;

  function keep(part: Buffer): void {
    size += part.length;
    if (size <= maxBodyBytes) {
      if (part.length > 0) parts.push(part);
    } else if (size > maxBodyBytes * skippedLimits) {
      throw new HttpSyntaxError(413, `a body that is far over ${maxBodyBytes} bytes`);
    } else skip();
  }

  function skip(): void {
    if (skipping) return;
    skipping = true;
    parts = [];
    onMessage({ head: head as Head, body: nothing, tooLarge: true });
  }

  function finish(): void {
    const finished = head as Head;
    const skipped = skipping;
    const body = parts.length === 1 ? (parts[0] as Buffer) : parts.length === 0 ? nothing : Buffer.concat(parts);
    head = undefined;
    parts = [];
    size = 0;
    skipping = false;
    chunked = undefined;
    // Provisional answers such as `100 Continue` announce the message, they are none.
    if (skipped || (role === "client" && finished.status < 200)) return;
    onMessage({ head: finished, body, tooLarge: false });
  }

  /** Reads a head, if it is all there, and gives what comes after it. */
  function readHead(data: Buffer): Buffer {
    const end = data.indexOf(headEnd, Math.max(0, held.length - 3));
    if ((end < 0 ? data.length : end) > maxHeadBytes) {
      throw new HttpSyntaxError(431, `start line and headers are over ${maxHeadBytes} bytes`);
    }
    if (end < 0) {
      held = data;
      return nothing;
    }
    held = nothing;
    head = parseHead(data.subarray(0, end), role, maxHeaders);
    const { body } = head;
    left = typeof body === "number" ? body : Number.POSITIVE_INFINITY;
    chunked = body === "chunked" ? chunkedBody(keep) : undefined;
    const rest = data.subarray(end + headEnd.length);
    if (typeof body === "number" && body > maxBodyBytes) {
      if (body > maxBodyBytes * skippedLimits) {
        throw new HttpSyntaxError(413, `a body of ${body} bytes, which is far over ${maxBodyBytes}`);
      }
      skip();
    } else if (left > 0 && rest.length === 0) options.onHead?.(head);
    if (left === 0) finish();
    return rest;
  }

  function readBody(data: Buffer): Buffer {
    if (chunked) {
      const rest = chunked.push(data);
      if (!rest) return nothing;
      finish();
      return rest;
    }
    const part = data.length > left ? data.subarray(0, left) : data;
    left -= part.length;
    keep(part);
    if (left === 0) finish();
    return data.subarray(part.length);
  }

  return {
    get inMessage() {
      return head !== undefined || held.length > 0;
    },
    push(chunk) {
      let data = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
      while (data.length > 0) data = head ? readBody(data) : readHead(data);
    },
    end() {
      if (head?.body === "until-close") finish();
      else if (head || held.length > 0) throw new HttpSyntaxError(400, "closed in the middle of a message");
    },
  };
}
