import type { Node, Registry, RegistryEvent, WatchOptions } from "@micro/core";
import { within } from "../patience.ts";
import type { RegistryHarness } from "./harness.ts";

/** A reader of one watch that keeps what it was told, and what must be true if it was told everything. */
export interface Follower {
  readonly events: readonly RegistryEvent[];
  /** The nodes there are according to the events so far, by id. */
  readonly nodes: ReadonlyMap<string, Node>;
  /** Resolves when `condition` holds; rejects with `what` and the events so far when it does not come to hold. */
  until(what: string, condition: () => boolean): Promise<void>;
  /** Resolves when the watch has finished; rejects with the error it finished with. */
  ended(): Promise<void>;
  /** Ends the watch with its signal and waits for that. */
  stop(): Promise<void>;
}

/** Starts to follow; resolves when the first event has come, which must be a `sync`. */
export async function follow(registry: Registry, harness: RegistryHarness, options?: WatchOptions): Promise<Follower> {
  const follower = followAtOnce(registry, harness, options);
  await follower.until("the first event of a watch", () => follower.events.length > 0);
  if (follower.events[0]?.type !== "sync")
    throw new Error(`a watch began with ${tell(follower.events)}, expected a sync event`);
  return follower;
}

/** Starts to follow without waiting for anything. */
export function followAtOnce(registry: Registry, harness: RegistryHarness, options?: WatchOptions): Follower {
  const events: RegistryEvent[] = [];
  const nodes = new Map<string, Node>();
  const leaving = new AbortController();
  const signal = options?.signal ? AbortSignal.any([options.signal, leaving.signal]) : leaving.signal;
  let failure: unknown;
  let wake: () => void = () => undefined;
  const finished = (async () => {
    for await (const event of registry.watch({ ...options, signal })) {
      events.push(event);
      applyTo(nodes, event);
      wake();
    }
  })();
  // A failure before anybody asks is kept for whoever asks next.
  finished.catch((reason) => {
    failure = reason;
    wake();
  });
  const ended = (): Promise<void> => within(harness, "the end of a watch", () => finished);
  return {
    events,
    nodes,
    ended,
    async until(what, condition) {
      await within(
        harness,
        () => `${what}; events so far: ${tell(events)}`,
        async () => {
          while (!condition()) {
            if (failure) throw failure;
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        },
      );
    },
    stop() {
      leaving.abort();
      return ended();
    },
  };
}

function applyTo(nodes: Map<string, Node>, event: RegistryEvent): void {
  if (event.type === "sync") {
    nodes.clear();
    for (const record of event.records) for (const node of record.nodes) nodes.set(node.id, node);
  } else {
    for (const node of event.record.nodes) {
      if (event.type === "delete") nodes.delete(node.id);
      else nodes.set(node.id, node);
    }
  }
}

/** Events as a line for people. */
export function tell(events: readonly RegistryEvent[]): string {
  if (events.length === 0) return "none";
  return events
    .slice(-20)
    .map((event) => {
      const records = event.type === "sync" ? event.records : [event.record];
      return `${event.type}(${records.flatMap((record) => record.nodes.map((node) => node.id)).join(" ")})`;
    })
    .join(", ");
}
