import { type Context, type Handlers, MicroError } from "@micro/core";
import type { Course, Ending, Part, Streams } from "./gen/stream.ts";

type StreamHandlers = Handlers<(typeof Streams)["methods"], Context>;

/** All of `Streams`; the twin of `go/peer/stream.go`. */
export function streamHandlers(): StreamHandlers {
  const courses = new Map<string, Course>();

  function course(key: string): Course {
    const known = courses.get(key) ?? { begun: 0, received: 0, sent: 0, ended: 0, givenUp: 0 };
    courses.set(key, known);
    return known;
  }

  /** Takes parts until they are over or one has an ending, and notes the course of the stream. */
  async function* each(parts: AsyncIterable<Part>, signal: AbortSignal): AsyncGenerator<Part, void, undefined> {
    let known: Course | undefined;
    let asTold = false;
    try {
      for await (const part of parts) {
        if (!known) {
          known = course(part.key);
          known.begun++;
        }
        known.received++;
        yield part;
        await pause(Number(part.pauseMs), signal);
        if (part.ending) {
          await carryOut(part.ending, signal, () => {
            asTold = true;
          });
          return;
        }
      }
      asTold = true;
    } finally {
      known ??= course("");
      if (asTold) known.ended++;
      else known.givenUp++;
    }
  }

  return {
    async *count({ key, parts, bytes, pauseMs, ending }, { signal }) {
      const known = course(key);
      known.begun++;
      known.received++;
      let asTold = false;
      try {
        for (let number = 1; number <= parts; number++) {
          // A generator that is left at its `yield` would not come back to count.
          known.sent++;
          yield { number, blob: new Uint8Array(Number(bytes)) };
          await pause(Number(pauseMs), signal);
        }
        await carryOut(ending, signal, () => {
          asTold = true;
        });
      } finally {
        if (asTold) known.ended++;
        else known.givenUp++;
      }
    },
    async gather(parts, { signal }) {
      const tally = { parts: 0, bytes: 0n, numbers: [] as number[] };
      for await (const { blob, number } of each(parts, signal)) {
        tally.parts++;
        tally.bytes += BigInt(blob.length);
        tally.numbers.push(number);
      }
      return tally;
    },
    async *chat(parts, { signal }) {
      let number = 0;
      for await (const part of each(parts, signal)) {
        number++;
        yield part;
      }
      yield { number, text: "bye" };
    },
    async *show(_order, { metadata, deadline }) {
      const leftMs = deadline === Number.POSITIVE_INFINITY ? -1 : Math.round(deadline - Date.now());
      yield { headers: { ...metadata }, leftMs: BigInt(leftMs), node: "" };
    },
    recall: ({ key }) => course(key),
  };
}

/** Ends a stream as told; `onTold` is called when it is the ending that ends it, and not the caller who has gone. */
async function carryOut(ending: Ending | undefined, signal: AbortSignal, onTold: () => void): Promise<void> {
  if (ending?.manner === "hold") await pause(2 ** 31 - 1, signal);
  onTold();
  if (ending?.manner === "error") throw new MicroError(ending.id, ending.code, ending.detail);
  if (ending?.manner === "plain") throw new Error(ending.detail);
}

/** Rejects when the caller is gone first. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const gone = (): void => {
      clearTimeout(timer);
      reject(new MicroError("interop", 499, "the caller is gone"));
    };
    if (signal.aborted) return gone();
    if (ms === 0) return resolve();
    timer = setTimeout(() => {
      signal.removeEventListener("abort", gone);
      resolve();
    }, ms);
    signal.addEventListener("abort", gone, { once: true });
  });
}
