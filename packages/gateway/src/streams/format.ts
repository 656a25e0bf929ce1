import type { HttpAnswer } from "../message.ts";

/** How the messages of a stream are written into one answer. */
export interface StreamFormat {
  readonly headers: HttpAnswer["headers"];
  message(json: string): string;
  /** The last of an answer whose stream failed; `error` is the error's JSON. */
  failure(error: string): string;
  /** Said while there is nothing to say; empty when the format has no word for it. */
  readonly ping: string;
  /** The last of an answer whose stream came to its end. */
  readonly end: string;
}

/** Server-sent events when the caller accepts them, else JSON lines. */
export function streamFormat(accept: string | undefined): StreamFormat {
  return accept?.toLowerCase().includes("text/event-stream") ? serverSentEvents : jsonLines;
}

// Caches and proxies on the way must hand messages on as they come.
const uncached = [
  ["cache-control", "no-cache, no-transform"],
  ["x-accel-buffering", "no"],
] as const;

/**
 * Messages are `data` events. The end is an event `end`, a failure one named `failure` with the error's JSON: a browser's
 * `EventSource` would take both for a broken connection otherwise, and `error` is its own event.
 */
const serverSentEvents: StreamFormat = {
  headers: [["content-type", "text/event-stream"], ...uncached],
  message: (json) => `${dataLines(json)}\n`,
  failure: (error) => `event: failure\n${dataLines(error)}\n`,
  ping: ": ping\n\n",
  end: "event: end\ndata:\n\n",
};

const jsonLines: StreamFormat = {
  headers: [["content-type", "application/x-ndjson"], ...uncached],
  message: (json) => `${oneLine(json)}\n`,
  failure: (error) => `{"error":${error}}\n`,
  ping: "",
  end: "",
};

function dataLines(text: string): string {
  return `${text
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join("")}`;
}

/** Line breaks in JSON stand between its tokens only, where a blank is as good. */
function oneLine(json: string): string {
  return /[\r\n]/.test(json) ? json.replace(/\s*[\r\n]+\s*/g, " ") : json;
}
