import type { Metadata } from "../../words/metadata.ts";
import { canonicalName, isHeaderName } from "./header-names.ts";

/** The head of `POST / HTTP/1.1`, headers spelled and sorted as Go writes them. */
export function requestHead(host: string, headers: Metadata, bodyBytes: number): Buffer {
  const agent = headers["user-agent"] === undefined ? "User-Agent: micro\r\n" : "";
  return Buffer.from(
    `POST / HTTP/1.1\r\nHost: ${host}\r\n${agent}Content-Length: ${bodyBytes}\r\n${lines(headers)}\r\n`,
  );
}

/** The head of `HTTP/1.1 200 OK`. */
export function responseHead(headers: Metadata, bodyBytes: number): Buffer {
  return Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${bodyBytes}\r\n${lines(headers)}\r\n`);
}

/** A whole answer to what was no message: a status, a sentence, and the end of the connection. */
export function refusal(status: number, phrase: string, headers: Metadata, text: string): Buffer {
  const body = `${text}\n`;
  const all = { ...headers, connection: "close", "content-type": "text/plain; charset=utf-8" };
  return Buffer.from(
    `HTTP/1.1 ${status} ${phrase}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${lines(all)}\r\n${body}`,
  );
}

function lines(headers: Metadata): string {
  let text = "";
  for (const key of Object.keys(headers).sort()) {
    if (framing.has(key) || !isHeaderName(key)) continue;
    const value = headers[key] as string;
    text += `${canonicalName(key)}: ${forbidden.test(value) ? value.replace(everyForbidden, " ").trim() : value}\r\n`;
  }
  return text;
}

// What tells where the message ends is the writer's to say.
const framing: ReadonlySet<string> = new Set(["content-length", "host", "transfer-encoding"]);

// A line end inside a value would begin another header, or another message. Go writes a space in its place.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const forbidden = /[\x00-\x08\x0a-\x1f\x7f]|^\s|\s$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const everyForbidden = /[\x00-\x08\x0a-\x1f\x7f]/g;
