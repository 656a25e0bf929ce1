import type { Node, Registry, ServiceRecord } from "../registry/registry.ts";
import { type Clock, sleep } from "../words/clock.ts";
import { MicroError } from "../words/errors.ts";
import { closeable } from "../words/lifecycle.ts";

export interface FoundByNameOptions {
  /** What error texts call it. */
  readonly name: string;
  readonly clock: Clock;
  /** How often what is known is looked up again, in milliseconds; `Infinity` when it never changes. */
  readonly refreshMs: number;
  /** The addresses and metadata of a service's nodes; none when there is no such service. */
  find(service: string): Promise<readonly Omit<Node, "id">[]>;
}

/**
 * Nodes that something else keeps, as a registry that can only be read. A watch asks again and again, and throws what
 * `find` throws: the cache then keeps what it knows, says so in the log, and watches anew after a pause.
 */
export function foundByName({ name, clock, refreshMs, find }: FoundByNameOptions): Registry {
  async function getService(service: string): Promise<readonly ServiceRecord[]> {
    const nodes = (await find(service)).map((node) => ({ id: node.address, ...node }));
    return nodes.length === 0 ? [] : [{ name: service, version: "", metadata: {}, endpoints: [], nodes }];
  }

  const readOnly = async (): Promise<never> => {
    throw new MicroError("go.micro.registry", 405, `registry ${name} is read only: nodes are kept elsewhere`);
  };

  return {
    name,
    register: readOnly,
    deregister: readOnly,
    getService,
    listServices: async () => [],
    async *watch({ service = "", signal } = {}) {
      do yield { type: "sync", records: await getService(service) };
      while (await passes(clock, Math.min(refreshMs, longestTimerMs), signal));
    },
    ...closeable(async () => undefined),
  };
}

const longestTimerMs = 2 ** 31 - 1;

/** True after `ms` milliseconds, false when the signal is aborted. */
function passes(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  return sleep(clock, ms, signal, { background: true }).then(
    () => true,
    () => false,
  );
}
