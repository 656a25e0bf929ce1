import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { Connection, ConnectionOptions, Driver, Engine, Role } from "./connection.ts";
import { createEngine } from "./engine.ts";
import { ErrorCode } from "./errors.ts";
import {
  type Clock,
  clientLiveness,
  defaultLiveness,
  type LivenessOptions,
  type Watched,
  watchOver,
} from "./liveness.ts";

/** Settings of a connection over a socket. */
export interface SocketOptions extends ConnectionOptions, LivenessOptions {
  /** Where waiting comes from. @default the system's clock */
  clock?: Clock;
}

/** How long the other side may take to close, once we have. */
const lingerMs = 1000;

const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, action, options) {
    const timer = setTimeout(action, ms);
    if (options?.background) timer.unref();
    return () => clearTimeout(timer);
  },
};

/**
 * Serves HTTP/2 on a connected socket: TCP, TLS, or any Duplex. Bytes that were read to find out the protocol and put
 * back with `unshift` are read first.
 */
export function accept(socket: Duplex, options: SocketOptions = {}): Connection {
  return new SocketDriver("server", socket, options).open();
}

/** Speaks HTTP/2 as the client on a connected socket, without asking first. For an address there is `connect`. */
export function attach(socket: Duplex, options: SocketOptions = {}): Connection {
  return new SocketDriver("client", socket, { ...clientLiveness, ...options }).open();
}

/** Moves bytes between a socket and an engine: what was written in a turn of the event loop goes out in one piece, or in a few large ones. */
export class SocketDriver implements Driver, Watched {
  heard = false;
  private readonly socket: Duplex;
  readonly clock: Clock;
  private readonly engine: Engine;
  private readonly options: SocketOptions;
  /** The socket hands what it cannot send at once to nobody who would keep the memory. */
  private readonly plain: boolean;
  private scheduled = false;
  private flushing = false;
  private opened = false;
  private full = false;
  private paused = false;
  private drains = 0;
  private failure: Error | undefined;
  private peer = "";
  private stopWatching: (() => void) | undefined;

  constructor(role: Role, socket: Duplex, options: SocketOptions) {
    this.socket = socket;
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.plain = socket instanceof Socket && !(socket instanceof TLSSocket);
    this.engine = createEngine(
      role,
      {
        ...options,
        onClose: (error) => {
          this.finish();
          options.onClose?.(error);
        },
      },
      this,
    );
    this.engine.start();
    socket.on("close", () => this.gone());
  }

  /** Begins, now that the socket is connected. */
  open(): Connection {
    const { socket } = this;
    if (socket instanceof Socket) socket.setNoDelay(true);
    this.opened = true;
    if (socket instanceof Socket && socket.remotePort) this.peer = `with ${socket.remoteAddress}:${socket.remotePort}`;
    this.stopWatching = watchOver(this.engine, this, this.clock, { ...defaultLiveness, ...spansOf(this.options) });
    socket.on("error", (reason) => {
      this.failure ??= reason;
    });
    socket.on("data", (chunk: Buffer) => this.receive(chunk));
    socket.on("drain", () => this.drained());
    socket.on("end", () => this.gone());
    if (socket.destroyed) this.gone();
    // Whoever looked at the first bytes has probably paused it.
    else socket.resume();
    this.flush();
    return this.engine;
  }

  /** The connection, which may be used before it is open. */
  get connection(): Engine {
    return this.engine;
  }

  /** Ends a connection that could not be opened, for a reason that stands for itself. */
  fail(reason: Error): void {
    this.failure ??= reason;
    this.socket.destroy();
    this.gone();
  }

  wake(): void {
    if (this.scheduled || !this.opened) return;
    this.scheduled = true;
    setImmediate(this.flushScheduled);
  }

  hurry(): void {
    if (!this.flushing) this.flush();
  }

  now(): number {
    return this.clock.now();
  }

  after(ms: number, action: () => void): () => void {
    return this.clock.after(ms, action, { background: true });
  }

  backlog(): number {
    return this.full ? this.drains : -1;
  }

  private readonly flushScheduled = (): void => {
    this.scheduled = false;
    this.flush();
  };

  private readonly write = (piece: Uint8Array, more: boolean): void => {
    if (more && this.socket.writableCorked === 0) this.socket.cork();
    this.socket.write(piece);
  };

  private flush(): void {
    const { socket, engine } = this;
    if (!this.opened || this.full || socket.destroyed || socket.writableEnded) return;
    if (engine.pendingBytes === 0) return;
    this.flushing = true;
    try {
      engine.flush(this.write);
      if (socket.writableCorked > 0) socket.uncork();
      // What the system took at once is not waiting, whatever the return value of the write was.
      this.full = socket.writableLength > 0 && socket.writableNeedDrain;
      engine.flushed(this.full, this.plain && socket.writableLength === 0);
    } finally {
      this.flushing = false;
    }
    this.resumeReading();
  }

  private drained(): void {
    this.drains++;
    if (!this.full) return;
    this.full = false;
    this.engine.flushed(false);
    this.flush();
    this.resumeReading();
  }

  /** Takes what has come; `chunk` is valid during the call. */
  receive(chunk: Buffer): void {
    this.heard = true;
    let understood = false;
    try {
      this.engine.receive(chunk);
      understood = true;
    } finally {
      // A handler has thrown, in the middle of a chunk of which the rest is now lost.
      if (!understood) this.engine.destroy(ErrorCode.INTERNAL_ERROR, "a handler of this side failed");
    }
    if (this.engine.role === "server" && this.engine.pendingBytes > this.engine.limits.maxPendingBytes) {
      this.paused = true;
      this.socket.pause();
    }
  }

  private resumeReading(): void {
    if (!this.paused || this.full || this.engine.pendingBytes > this.engine.limits.maxPendingBytes) return;
    this.paused = false;
    this.socket.resume();
  }

  /** Sends what is left and closes. What still arrives is read and dropped: unread, it would make the system reset the
   * connection, and the peer would lose what it has not read yet. */
  private finish(): void {
    const { socket } = this;
    this.stopWatching?.();
    if (!this.opened || socket.destroyed) {
      socket.destroy();
      return;
    }
    this.engine.flush(this.write);
    if (socket.writableCorked > 0) socket.uncork();
    socket.end();
    socket.resume();
    const cancel = this.clock.after(lingerMs, () => socket.destroy(), { background: true });
    socket.once("close", cancel);
  }

  private gone(): void {
    this.stopWatching?.();
    const cause = this.failure;
    if (cause && this.opened) {
      this.engine.lost(new Error(`the HTTP/2 connection ${this.peer} was lost: ${textOf(cause)}`, { cause }));
    } else {
      this.engine.lost(cause);
    }
  }
}

/** What an error says; one that stands for several failed addresses says nothing itself. */
export function textOf(reason: Error): string {
  const first: unknown = reason instanceof AggregateError ? reason.errors[0] : undefined;
  return reason.message || (first instanceof Error ? first.message : "") || reason.name;
}

function spansOf(options: SocketOptions): LivenessOptions {
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(defaultLiveness) as (keyof LivenessOptions)[]) {
    if (options[name] !== undefined) given[name] = options[name];
  }
  return given;
}
