import { Socket } from "node:net";
import { queryObjects } from "node:v8";
import { sleep, systemClock } from "@micro/core";
import type { Holding } from "./gen/work.ts";

// Timers of every kind are objects of one class, which has no name of its own.
const probe = setTimeout(() => undefined, 0);
clearTimeout(probe);
const Timer = probe.constructor;

/** What the process holds on to when nobody calls. Needs `node --expose-gc`. */
export async function held(): Promise<Holding> {
  if (!globalThis.gc) throw new Error("what is left over is counted after collections: start with node --expose-gc");
  // Sockets that were ended take a moment to be gone, and so does what their callbacks hold.
  for (let round = 0; round < 10; round++) {
    await sleep(systemClock, 50);
    globalThis.gc();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const handles: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  return {
    heapBytes: heapUsed,
    bufferBytes: external,
    rssBytes: rss,
    handles,
    timers: queryObjects(Timer, { format: "count" }),
    sockets: queryObjects(Socket, { format: "count" }),
  };
}
