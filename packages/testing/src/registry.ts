import {
  closeable,
  closeOnce,
  feed,
  type MemoryStore,
  memoryRegistry,
  type Registry,
  type RegistryEvent,
  sleep,
  unavailable,
  type WatchOptions,
} from "@micro/core";
import { lane, type Network } from "./network.ts";
import type { FleetNode } from "./node.ts";

/** How long a node waits for the registry's answer, and between two attempts to watch it, in milliseconds. */
const answerMs = 5_000;
const retryMs = 1_000;

/** A node's view of the fleet's registry: what it asks and what it is told travel over the network. */
export function simulatedRegistry(
  network: Network,
  store: MemoryStore,
  node: FleetNode,
  registry: FleetNode,
): Registry {
  const inner = memoryRegistry({ store });
  const closing = new AbortController();
  const there = lane({ recovers: true });
  const back = lane({ recovers: true });

  /** Does `work` at the registry. Asked again it does no harm, so that messages may arrive twice. */
  function ask<T>(what: string, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(unavailable("go.micro.registry", `the registry ${why}`));
      const stopTimer = node.clock.after(answerMs, () => fail(`did not answer within ${answerMs} ms`));
      const reset = (): void => network.signal(registry, node, () => fail("broke the connection"));
      const answer = (settle: () => void): void =>
        network.send({
          from: registry,
          to: node,
          what: `answer to ${what}`,
          lane: back,
          reset,
          arrive() {
            stopTimer();
            settle();
          },
        });
      const arrive = (): void =>
        void work().then(
          (value) => answer(() => resolve(value)),
          (reason: unknown) => answer(() => reject(reason)),
        );
      network.send({ from: node, to: registry, what, lane: there, reset, arrive });
    });
  }

  async function* follow({ service, signal, onContact }: WatchOptions): AsyncGenerator<RegistryEvent, void, undefined> {
    if (closing.signal.aborted) throw unavailable("go.micro.registry", "the registry is closed");
    const ending = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    const tell = (inTouch: boolean): void => onContact?.(inTouch);
    if (!(await begun(service, ending, tell))) return;
    yield* feed({
      snapshot: () => store.records(service),
      signal: ending,
      connect(writer) {
        let inTouch = true;
        // What was under way when a sync was made is part of it.
        let epoch = 0;
        const order = lane({ recovers: true });
        const send = (what: string, arrive: () => void): void =>
          network.send({ from: registry, to: node, what, lane: order, reliable: true, arrive });
        const stopListening = store.listen(service, {
          push(event) {
            const made = epoch;
            const about = event.type === "sync" ? "" : ` ${event.record.nodes[0]?.id}`;
            send(`event ${event.type}${about}`, () => made === epoch && writer.push(event));
          },
          resync: () => writer.resync(),
          end: () => writer.end(),
        });
        const stopWatching = network.onChange(() => {
          const cut = network.blocked(registry, node) || network.blocked(node, registry);
          if (cut === !inTouch) return;
          inTouch = !cut;
          if (cut) node.deliver(() => tell(false));
          else
            send("event sync", () => {
              epoch++;
              writer.resync();
              tell(true);
            });
        });
        return () => {
          stopListening();
          stopWatching();
        };
      },
    });
  }

  /** Reaches the registry, however long it takes. False when the watch was ended before. */
  async function begun(
    service = "all services",
    ending: AbortSignal,
    tell: (inTouch: boolean) => void,
  ): Promise<boolean> {
    while (!ending.aborted) {
      const reached = await Promise.race([
        ask(`watch ${service}`, async () => true).catch(() => false), // tried again below
        new Promise<false>((resolve) => ending.addEventListener("abort", () => resolve(false), { once: true })),
      ]);
      if (reached) return true;
      tell(false);
      await sleep(node.clock, retryMs, ending, { background: true }).catch(() => undefined); // the loop's condition sees why
    }
    return false;
  }

  return {
    name: "memory",
    register: (record, options) => ask(`register ${record.nodes[0]?.id}`, () => inner.register(record, options)),
    deregister: (record) => ask(`deregister ${record.nodes[0]?.id}`, () => inner.deregister(record)),
    getService: (name) => ask(`look up ${name}`, () => inner.getService(name)),
    listServices: () => ask("list services", () => inner.listServices()),
    watch: (options = {}) => ({ [Symbol.asyncIterator]: () => follow(options) }),
    ...closeable(
      closeOnce(async () => {
        closing.abort();
        await inner.close();
      }),
    ),
  };
}
