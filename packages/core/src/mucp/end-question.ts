import type { Metadata } from "../words/metadata.ts";
import { micro } from "./names.ts";

/**
 * A way to learn that a stream is over from servers that do not say so: those of go-micro say nothing at the end of a
 * stream whose caller has ended before.
 *
 * To them a message belongs to a stream as long as the handler runs. After that the stream's id is free, and the same
 * message is a call, for an endpoint that nobody has, and is refused. It is only asked when all has been quiet for a
 * while, since a refusal has no place among the messages of a stream.
 */
export interface EndQuestion {
  /** Something came, so there is nothing to ask for now. */
  heard(): void;
  stop(): void;
}

/** Asks by `ask` after `quietMs` milliseconds without a message, and again and again, each time after twice as long. */
export function endQuestion(ask: () => void, quietMs = 100): EndQuestion {
  let waitMs = quietMs;
  let stopped = false;
  let timer = setTimeout(onQuiet, waitMs);

  function onQuiet(): void {
    waitMs = Math.min(waitMs * 2, longestWaitMs);
    timer = setTimeout(onQuiet, waitMs);
    ask();
  }

  return {
    heard() {
      clearTimeout(timer);
      if (!stopped) timer = setTimeout(onQuiet, waitMs);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** The headers that ask, made of those of the stream's messages. */
export function questionHeaders(headers: Metadata): Metadata {
  return {
    ...headers,
    // JSON, under which go-micro reads nothing of the body before it has looked for the endpoint, and can write an error.
    "content-type": "application/json",
    [micro.endpoint]: nowhere,
    [micro.method]: nowhere,
    // A handler that reads on after the end is given an error and not a message.
    [micro.error]: "the caller has ended this stream",
  };
}

/** Whether a message is the refusal of what was asked. go-micro repeats the headers of what it refuses. */
export function saysItIsOver(headers: Metadata): boolean {
  return headers[micro.endpoint] === nowhere;
}

// Go's handlers begin with a capital letter.
const nowhere = "stream.over";
const longestWaitMs = 5_000;
