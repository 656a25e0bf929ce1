import {
  type Context,
  createService,
  type Handlers,
  MicroError,
  type Service,
  type ServiceContext,
  type ServiceOptions,
} from "@micro/core";
import { etcd } from "@micro/registry-etcd";
import { Peer } from "./gen/peer.ts";
import { Streams } from "./gen/stream.ts";
import { streamHandlers } from "./stream-handlers.ts";

/** The peer of `peer.proto` on this framework; the twin of the one in `go/`. */
export function createPeer(options: ServiceOptions): Service {
  const service = createService({ plugins: [etcd], ...options });
  const handlers: Handlers<(typeof Peer)["methods"], ServiceContext> = {
    ...plainHandlers(),
    async relay({ service: other, pauseMs }, context) {
      await passed(Number(pauseMs), context.signal);
      return context.client(Peer, other).look({});
    },
  };
  return service.handle(Peer, handlers).handle(Streams, streamHandlers());
}

interface Remembered {
  calls: number;
  finished: number;
  givenUp: number;
}

/** All of `Peer` that needs no client. */
export function plainHandlers(): Omit<Handlers<(typeof Peer)["methods"], Context>, "relay"> {
  const memories = new Map<string, Remembered>();

  function memory(key: string): Remembered {
    const known = memories.get(key) ?? { calls: 0, finished: 0, givenUp: 0 };
    memories.set(key, known);
    return known;
  }

  return {
    echo: (request) => request,
    fill: ({ bytes }) => ({ blob: new Uint8Array(Number(bytes)) }),
    nothing: () => ({}),
    fail({ key, manner, id, code, detail, wellFrom }) {
      const calls = ++memory(key).calls;
      if (manner === "none" || (wellFrom > 0 && calls >= wellFrom)) return {};
      if (manner === "error") throw new MicroError(id, code, detail);
      if (manner === "panic") throw new TypeError(detail);
      throw new Error(detail);
    },
    async wait({ key, ms }, { signal }) {
      const known = memory(key);
      known.calls++;
      const over = await passed(Number(ms), signal);
      if (over) known.finished++;
      else known.givenUp++;
      return {};
    },
    async look({ ms }, { metadata, deadline, signal }) {
      if (ms > 0n) await passed(Number(ms), signal);
      return {
        headers: { ...metadata },
        leftMs: BigInt(deadline === Number.POSITIVE_INFINITY ? -1 : Math.round(deadline - Date.now())),
        node: `ts-${process.pid}`,
      };
    },
    recall: ({ key }) => memory(key),
  };
}

/** Whether the time passed before the signal was aborted. */
function passed(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms, true);
    const onAbort = (): void => done(false);
    signal.addEventListener("abort", onAbort, { once: true });
    function done(over: boolean): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      resolve(over);
    }
    if (signal.aborted) done(false);
  });
}
