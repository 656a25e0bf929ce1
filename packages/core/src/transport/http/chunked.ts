import { HttpSyntaxError } from "./syntax-error.ts";

/** A body that comes in chunks, each with its length before it. */
export interface ChunkedBody {
  /** Takes more of it. Gives what comes after the body once it is whole. Throws an `HttpSyntaxError`. */
  push(data: Buffer): Buffer | undefined;
}

// Room for a length, for extensions that nobody uses, and for a trailer; what is longer is no chunk.
const maxLineBytes = 1024;
const maxTrailerLines = 64;

/** Gives the content of the chunks to `onPart`; their extensions and what trails them are left out. */
export function chunkedBody(onPart: (part: Buffer) => void): ChunkedBody {
  let line: Buffer = Buffer.alloc(0);
  let left = 0;
  let state: "length" | "content" | "content-end" | "trailer" = "length";
  let trailers = 0;

  /** The next line without its end, taken off `data`; undefined when it is not whole yet. */
  function takeLine(data: Buffer): { text: string; rest: Buffer } | undefined {
    const whole = line.length > 0 ? Buffer.concat([line, data]) : data;
    const end = whole.indexOf("\r\n");
    if ((end < 0 ? whole.length : end) > maxLineBytes) {
      throw new HttpSyntaxError(400, `a line between chunks is over ${maxLineBytes} bytes`);
    }
    line = end < 0 ? whole : Buffer.alloc(0);
    return end < 0 ? undefined : { text: whole.toString("latin1", 0, end), rest: whole.subarray(end + 2) };
  }

  function onLine(text: string): boolean {
    if (state === "content-end") {
      if (text !== "") throw new HttpSyntaxError(400, "a chunk is longer than it says");
      state = "length";
    } else if (state === "trailer") {
      if (++trailers > maxTrailerLines) throw new HttpSyntaxError(431, "too many trailers");
      return text === "";
    } else {
      const match = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(text);
      if (!match) throw new HttpSyntaxError(400, `no length of a chunk: ${JSON.stringify(text.slice(0, 60))}`);
      left = Number.parseInt(match[1] as string, 16);
      state = left === 0 ? "trailer" : "content";
    }
    return false;
  }

  return {
    push(data) {
      let rest = data;
      while (rest.length > 0) {
        if (state === "content") {
          const part = rest.length > left ? rest.subarray(0, left) : rest;
          onPart(part);
          left -= part.length;
          rest = rest.subarray(part.length);
          if (left === 0) state = "content-end";
          continue;
        }
        const next = takeLine(rest);
        if (!next) return undefined;
        rest = next.rest;
        if (onLine(next.text)) return rest;
      }
      return undefined;
    },
  };
}
