import type { Metadata } from "../../words/metadata.ts";
import { token } from "./header-names.ts";
import { HttpSyntaxError } from "./syntax-error.ts";

/** Start line and headers of one message. */
export interface Head {
  /** `POST`, or empty on a response. */
  readonly method: string;
  /** 200, or 0 on a request. */
  readonly status: number;
  /** The phrase after the status; empty on a request. */
  readonly phrase: string;
  /** Keys in lower case. Of a name that comes twice the first value, as go-micro reads it. */
  readonly headers: Metadata;
  readonly body: BodyFrame;
}

/** How the end of a body is known. */
export type BodyFrame = number | "chunked" | "until-close";

export type Role = "client" | "server";

/** Reads a head without the empty line that ends it. A server reads requests, a client responses. */
export function parseHead(bytes: Buffer, role: Role, maxHeaders: number): Head {
  const lines = bytes.toString("latin1").split("\r\n");
  const start = role === "server" ? requestLine(lines[0] as string) : statusLine(lines[0] as string);
  if (lines.length - 1 > maxHeaders) throw new HttpSyntaxError(431, `more than ${maxHeaders} headers`);
  const headers: Metadata = Object.create(null);
  let length: string | undefined;
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] as string;
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon));
    if (!token.test(name)) throw new HttpSyntaxError(400, `no header: ${excerpt(line)}`);
    const value = headerValue(line, colon + 1);
    const key = name.toLowerCase();
    if (key === "content-length") {
      // Two lengths that differ are how one message is passed off as two.
      if (length !== undefined && length !== value) throw new HttpSyntaxError(400, "two lengths of one body");
      length = value;
    }
    headers[key] ??= value;
  }
  const connection = headers.connection;
  if (start.minor === 0 && !connection?.toLowerCase().includes("keep-alive")) headers.connection = "close";
  const { method, status, phrase } = start;
  return { method, status, phrase, headers, body: bodyFrame(role, status, length, headers["transfer-encoding"]) };
}

interface StartLine extends Pick<Head, "method" | "status" | "phrase"> {
  /** 1 of HTTP/1.1. */
  readonly minor: number;
}

function requestLine(line: string): StartLine {
  const match = /^([A-Z]{1,20}) [!-~\x80-\xff]+ HTTP\/1\.([01])$/.exec(line);
  if (!match) throw new HttpSyntaxError(400, `no request line of HTTP/1.1: ${excerpt(line)}`);
  return { method: match[1] as string, status: 0, phrase: "", minor: Number(match[2]) };
}

function statusLine(line: string): StartLine {
  const match = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([^\r\n]*))?$/.exec(line);
  if (!match) throw new HttpSyntaxError(400, `no status line of HTTP/1.1: ${excerpt(line)}`);
  return { method: "", status: Number(match[2]), phrase: match[3] ?? "", minor: Number(match[1]) };
}

/** The value from `start` on, without the white space around it; UTF-8 where it is that. */
function headerValue(line: string, start: number): string {
  const value = line.slice(start).trim();
  if (control.test(value)) throw new HttpSyntaxError(400, `a control character in a header: ${excerpt(line)}`);
  if (!nonAscii.test(value)) return value;
  try {
    return utf8.decode(Buffer.from(value, "latin1"));
  } catch {
    return value; // a peer of another mind
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\x00-\x08\x0a-\x1f\x7f]/;
const nonAscii = /[\x80-\xff]/;
const utf8 = new TextDecoder("utf-8", { fatal: true });

function bodyFrame(role: Role, status: number, length: string | undefined, encoding: string | undefined): BodyFrame {
  if (encoding !== undefined) {
    if (length !== undefined) throw new HttpSyntaxError(400, "a body with a length and a transfer encoding");
    if (encoding.toLowerCase() !== "chunked") {
      throw new HttpSyntaxError(501, `transfer encoding ${excerpt(encoding)} is not taken`);
    }
    return "chunked";
  }
  if (length !== undefined) {
    if (!/^\d{1,15}$/.test(length)) throw new HttpSyntaxError(400, `no length: ${excerpt(length)}`);
    return Number(length);
  }
  if (role === "server" || status < 200 || status === 204 || status === 304) return 0;
  return "until-close";
}

/** The beginning of a text as an error may show it. */
function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
