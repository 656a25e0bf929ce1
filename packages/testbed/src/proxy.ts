import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "./port.ts";

export interface TcpProxyOptions {
  /** Where connections go, as `host:port`. */
  target: string;
  /** Where the proxy listens on 127.0.0.1. @default a free port */
  port?: number;
}

/** A cable that a test may damage. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** How many connections are open. */
  readonly connections: number;
  /** Holds what passes, in both directions, for `ms` milliseconds each way. 0 ends it. */
  delay(ms: number): void;
  /**
   * Lets nothing through, ends of connections included, and says nothing to either side; new connections are accepted
   * and hang. `heal` sends on what was held.
   */
  blackhole(): void;
  heal(): void;
  /** Does the same to the connections there are, while new ones work: what a router does that has forgotten them. */
  strand(): void;
  /** Resets every open connection. */
  reset(): void;
  /** Resets every open connection and refuses new ones until `accept`. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a proxy in this process. */
export async function tcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const port = options.port ?? (await freePort());
  const colon = options.target.lastIndexOf(":");
  const target = { host: options.target.slice(0, colon), port: Number(options.target.slice(colon + 1)) };
  const wires = new Set<Wire>();
  const faults: Faults = { delayMs: 0, held: false };
  let server: Server | undefined;

  function listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const fresh = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
        const far = connect({ ...target, allowHalfOpen: true, noDelay: true });
        const wire = openWire(near, far, faults, () => wires.delete(wire));
        wires.add(wire);
      });
      fresh.once("error", reject);
      fresh.listen(port, "127.0.0.1", resolve);
      server = fresh;
    });
  }
  const reset = (): void => {
    for (const wire of wires) wire.reset();
  };
  async function refuse(): Promise<void> {
    const closing = server;
    server = undefined;
    const closed = closing && new Promise<void>((resolve) => closing.close(() => resolve()));
    reset();
    await closed;
  }

  await listen();
  return {
    port,
    address: `127.0.0.1:${port}`,
    get connections() {
      return wires.size;
    },
    delay(ms) {
      faults.delayMs = ms;
    },
    blackhole() {
      faults.held = true;
    },
    heal() {
      faults.held = false;
      for (const wire of wires) wire.free();
    },
    strand() {
      for (const wire of wires) wire.hold();
    },
    reset,
    refuse,
    async accept() {
      if (!server) await listen();
    },
    close: refuse,
    [Symbol.asyncDispose]: refuse,
  };
}

interface Faults {
  delayMs: number;
  held: boolean;
}

interface Wire {
  hold(): void;
  free(): void;
  reset(): void;
}

function openWire(near: Socket, far: Socket, faults: Faults, onGone: () => void): Wire {
  let stranded = false;
  const isHeld = (): boolean => faults.held || stranded;
  const there = openLane(near, far, faults, isHeld);
  const back = openLane(far, near, faults, isHeld);
  let gone = false;
  const reset = (): void => {
    if (gone) return;
    gone = true;
    onGone();
    there.stop();
    back.stop();
    near.resetAndDestroy();
    far.resetAndDestroy();
  };
  // The end of one side travels like data: neither overtakes what was sent before nor passes a blackhole.
  near.on("error", () => there.push(reset)).on("close", () => there.push(() => far.destroyed && reset()));
  far.on("error", () => back.push(reset)).on("close", () => back.push(() => near.destroyed && reset()));
  return {
    hold() {
      stranded = true;
    },
    free() {
      stranded = false;
      there.flush();
      back.flush();
    },
    reset,
  };
}

interface Lane {
  push(step: () => void): void;
  flush(): void;
  stop(): void;
}

// One direction: a queue of steps, each due some time after it came.
function openLane(from: Socket, to: Socket, faults: Faults, isHeld: () => boolean): Lane {
  const queue: { dueMs: number; step: () => void }[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    while (!isHeld()) {
      const first = queue[0];
      if (!first) return;
      const waitMs = first.dueMs - Date.now();
      if (waitMs > 0) {
        timer = setTimeout(flush, waitMs);
        return;
      }
      queue.shift();
      first.step();
    }
  };
  const push = (step: () => void): void => {
    queue.push({ dueMs: Date.now() + faults.delayMs, step });
    if (!timer) flush();
  };
  from.on("data", (chunk) =>
    push(() => {
      if (to.writable && !to.write(chunk)) {
        from.pause();
        to.once("drain", () => from.resume());
      }
    }),
  );
  from.on("end", () => push(() => to.end()));
  return {
    push,
    flush,
    stop() {
      clearTimeout(timer);
      queue.length = 0;
    },
  };
}
