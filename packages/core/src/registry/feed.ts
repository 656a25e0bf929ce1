import type { RegistryEvent, ServiceRecord } from "./registry.ts";

/** The registry's end of one watch. */
export interface FeedWriter {
  /** Hands one change to the reader; never waits. */
  push(event: RegistryEvent): void;
  /** Drops what the reader has not taken and gives it a `sync` instead, made when it comes for it. */
  resync(): void;
  /** Ends the watch; what has not been taken is dropped. */
  end(): void;
}

export interface FeedOptions {
  /** All records there are, for `sync`. Must hold every change pushed before it is called and none pushed after. */
  snapshot(): readonly ServiceRecord[];
  /**
   * Begins to write changes and gives the function that stops it. Called when the reader first asks for an event;
   * what it throws, the reader gets.
   */
  connect(writer: FeedWriter): () => void;
  /** Ends the watch when aborted. */
  signal?: AbortSignal | undefined;
  /** How many events may wait for a slow reader before it gets a `sync` instead. @default 10000 */
  maxWaiting?: number | undefined;
}

/**
 * The reader's side of a watch: a `sync`, then the changes in order, until the signal or `end`. A reader that falls
 * behind by more than `maxWaiting` events gets a new `sync` in their place, so that no queue grows without bound.
 * Each iteration is a watch of its own and may be left at any time, also while it waits.
 */
export function feed(options: FeedOptions): AsyncIterable<RegistryEvent> {
  return { [Symbol.asyncIterator]: () => iterate(options) };
}

function iterate({ snapshot, connect, signal, maxWaiting = 10_000 }: FeedOptions): AsyncIterator<RegistryEvent> {
  let state: "new" | "open" | "ended" = "new";
  // A sync is owed at the start; changes that come before it is made are part of it.
  let syncOwed = true;
  let waiting: RegistryEvent[] = [];
  let taken = 0;
  let readers: ((result: IteratorResult<RegistryEvent>) => void)[] = [];
  let disconnect: (() => void) | undefined;

  const writer: FeedWriter = {
    push(event) {
      if (state === "ended" || syncOwed) return;
      const reader = readers.shift();
      if (reader) reader({ done: false, value: event });
      else if (waiting.length - taken < maxWaiting) waiting.push(event);
      else writer.resync();
    },
    resync() {
      if (state === "ended") return;
      waiting = [];
      taken = 0;
      syncOwed = true;
      const reader = readers.shift();
      if (reader) reader({ done: false, value: takeSync() });
    },
    end() {
      if (state === "ended") return;
      state = "ended";
      waiting = [];
      signal?.removeEventListener("abort", writer.end);
      disconnect?.();
      for (const reader of readers) reader({ done: true, value: undefined });
      readers = [];
    },
  };

  function start(): void {
    if (signal?.aborted) {
      writer.end();
      return;
    }
    state = "ended";
    disconnect = connect(writer);
    state = "open";
    signal?.addEventListener("abort", writer.end, { once: true });
  }

  function takeSync(): RegistryEvent {
    syncOwed = false;
    return { type: "sync", records: snapshot() };
  }

  function take(): RegistryEvent | undefined {
    if (syncOwed) return takeSync();
    const event = waiting[taken++];
    // Shifting a long queue costs its length each time; starting a new one when it is empty costs nothing.
    if (taken >= waiting.length) {
      waiting = [];
      taken = 0;
    }
    return event;
  }

  return {
    async next() {
      if (state === "new") start();
      if (state === "ended") return { done: true, value: undefined };
      const event = take();
      if (event) return { done: false, value: event };
      return await new Promise((resolve) => readers.push(resolve));
    },
    async return() {
      writer.end();
      return { done: true, value: undefined };
    },
  };
}
