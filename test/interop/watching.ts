import type { Registry, RegistryEvent } from "@micro/core";

/** The events of a watch as they come. */
export interface Watching {
  readonly events: readonly RegistryEvent[];
  /** The first event, past or future, that the check accepts. */
  until(what: string, accepts: (event: RegistryEvent) => boolean, timeoutMs?: number): Promise<RegistryEvent>;
  stop(): Promise<void>;
}

/** Watches one service; resolves once it watches. */
export async function watchOurs(registry: Registry, service: string): Promise<Watching> {
  const ending = new AbortController();
  const events: RegistryEvent[] = [];
  const waiting = new Set<() => void>();
  const reading = (async () => {
    for await (const event of registry.watch({ service, signal: ending.signal })) {
      events.push(event);
      for (const look of waiting) look();
    }
  })();
  const watching: Watching = {
    events,
    until(what, accepts, timeoutMs = 15_000) {
      return new Promise((resolve, reject) => {
        const finish = (settle: () => void): void => {
          clearTimeout(timer);
          waiting.delete(look);
          settle();
        };
        const look = (): void => {
          const found = events.find(accepts);
          if (found) finish(() => resolve(found));
        };
        const seen = (): string => JSON.stringify(events.map((event) => event.type));
        const timer = setTimeout(
          () => finish(() => reject(new Error(`no ${what} of ${service} within ${timeoutMs} ms; seen: ${seen()}`))),
          timeoutMs,
        );
        waiting.add(look);
        look();
      });
    },
    async stop() {
      ending.abort();
      await reading;
    },
  };
  await watching.until("sync", ({ type }) => type === "sync");
  return watching;
}

/** Whether the event says this of the node. */
export function says(type: "create" | "update" | "delete", nodeId: string): (event: RegistryEvent) => boolean {
  return (event) => event.type === type && event.record.nodes.some(({ id }) => id === nodeId);
}
