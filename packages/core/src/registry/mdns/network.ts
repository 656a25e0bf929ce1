import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import type { Clock } from "../../words/clock.ts";
import { type MicroError, unavailable } from "../../words/errors.ts";
import { type Closeable, closeable, closeOnce } from "../../words/lifecycle.ts";
import type { Logger } from "../../words/logger.ts";
import { errorId } from "./instance.ts";
import { type Interfaces, type Link, linksOf, onLinkCheck } from "./links.ts";

/** Where a packet came from. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  readonly family: "udp4" | "udp6";
}

export interface NetworkEvents {
  /** A packet came. `toAll` says that it was sent to the group (or at least to its port). */
  received(bytes: Uint8Array, from: Peer, toAll: boolean): void;
  /** A link came up that was not there before. */
  linked(): void;
}

/** The sockets of one registry. */
export interface Network extends Closeable {
  /** From now on hears what is sent to the group. Rejects with 503 when the port cannot be had. */
  listen(): Promise<void>;
  /** Sends to the group on every link; answers come as `received`. Rejects with 503 when it left on none. */
  sendToAll(bytes: Uint8Array): Promise<void>;
  /** Sends to one peer; a failure is only logged, since the asker asks again. */
  sendTo(bytes: Uint8Array, to: Peer): void;
  /** Keeps the process alive until the answer is called. */
  hold(): () => void;
}

export interface NetworkOptions {
  readonly port: number;
  readonly interfaces: readonly string[] | undefined;
  readonly onLinkOnly: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Family = Link["family"];

interface OpenLink {
  readonly socket: Socket;
  readonly family: Family;
}

const families = ["udp4", "udp6"] as const;
const groups = { udp4: "224.0.0.251", udp6: "ff02::fb" } as const;
const anyAddress = { udp4: "0.0.0.0", udp6: "::" } as const;
// How often interfaces are looked through while something is registered or watched.
const scanEveryMs = 5_000;
// Before sending they are looked through again unless that was just done.
const scanAgainMs = 1_000;
// Many nodes answer one question at the same moment. The kernel gives what it allows, and usually less.
const receiveBufferBytes = 1 << 20;

/**
 * Opens sockets on first use: one a link to send from, on a port of its own, to which answers come; and one a family
 * on the shared port, which hears the group.
 *
 * A link that fails is dropped and opened anew by the next scan, which comes before each sending and, while anybody
 * listens, every 5 s.
 */
export function openNetwork(options: NetworkOptions, events: NetworkEvents): Network {
  const { clock, logger, port } = options;
  const links = new Map<string, OpenLink>();
  const listeners = new Map<Family, { readonly socket: Socket }>();
  // What the last scan found; undefined before the first.
  let present: ReadonlySet<string> | undefined;
  let scannedAt = Number.NEGATIVE_INFINITY;
  let isOnLink: (address: string) => boolean = () => true;
  let warnedOffLink = false;
  let warnedPort = false;
  let listening = false;
  let closed = false;
  let holds = 0;
  let scanning: Promise<void> | undefined;
  let cancelScan: (() => void) | undefined;

  function scan(): Promise<void> {
    scanning ??= scanOnce().finally(() => {
      scanning = undefined;
    });
    return scanning;
  }

  async function scanOnce(): Promise<void> {
    scannedAt = clock.now();
    const interfaces: Interfaces = networkInterfaces();
    if (options.onLinkOnly) isOnLink = onLinkCheck(interfaces);
    const wanted = linksOf(interfaces, options.interfaces);
    const before = present;
    present = new Set(wanted.map(({ key }) => key));
    for (const [key, { socket }] of links) if (!present.has(key)) drop(links, key, socket);
    await Promise.all(wanted.filter(({ key }) => !links.has(key)).map(openLink));
    if (listening) {
      for (const family of families) if (!listeners.has(family)) await openListener(family);
      for (const link of wanted) join(link);
    }
    // A link that is there but fails is opened again by each scan; that is no news.
    if (before && !closed && wanted.some(({ key }) => !before.has(key) && links.has(key))) events.linked();
  }

  async function openLink(link: Link): Promise<void> {
    try {
      const socket = await bind(link.family, 0, (bytes, from) => received(bytes, from, false));
      socket.setMulticastInterface(link.interface);
      socket.setMulticastTTL(255);
      socket.setMulticastLoopback(true);
      keep(links, link.key, { socket, family: link.family });
    } catch (reason) {
      logger.debug({ link: link.key, reason }, "mDNS cannot send on this interface");
    }
  }

  async function openListener(family: Family): Promise<void> {
    try {
      const socket = await bind(family, port, (bytes, from) => received(bytes, from, true));
      if (holds > 0) socket.ref();
      keep(listeners, family, { socket });
    } catch (reason) {
      const last = family === families.at(-1);
      if (last && listeners.size === 0) throw noPort(port, reason);
      // A machine without IPv6 is nothing to talk about; a port that another program keeps to itself is.
      const held = ["EADDRINUSE", "EACCES"].includes((reason as NodeJS.ErrnoException).code ?? "");
      const level = held && !warnedPort ? "warn" : "debug";
      if (held) warnedPort = true;
      logger[level]({ family, port, reason }, `mDNS cannot listen on UDP port ${port} of ${anyAddress[family]}`);
    }
  }

  // Joining again is an error of its own, and harmless. It is tried each time because an interface that was away lost it.
  function join(link: Link): void {
    try {
      listeners.get(link.family)?.socket.addMembership(groups[link.family], link.interface);
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code === "EADDRINUSE") return;
      logger.debug({ link: link.key, reason }, "mDNS cannot listen on this interface");
    }
  }

  async function bind(
    family: Family,
    at: number,
    receive: (bytes: Uint8Array, from: RemoteInfo) => void,
  ): Promise<Socket> {
    // The shared port is reused by every program that speaks mDNS; each gets its own copy of what comes for the group.
    const socket = createSocket({ type: family, reuseAddr: at !== 0, ipv6Only: family === "udp6" });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("error", reject);
        socket.bind(at, anyAddress[family], () => {
          socket.off("error", reject);
          resolve();
        });
      });
      socket.setRecvBufferSize(receiveBufferBytes);
    } catch (reason) {
      socket.close();
      throw reason;
    }
    socket.unref();
    socket.on("message", receive);
    return socket;
  }

  function keep<K, Open extends { readonly socket: Socket }>(sockets: Map<K, Open>, key: K, open: Open): void {
    const { socket } = open;
    if (closed) {
      socket.close();
      return;
    }
    socket.on("error", (reason) => {
      logger.debug({ key, reason }, "an mDNS socket failed");
      drop(sockets, key, socket);
    });
    sockets.set(key, open);
  }

  function drop<K>(sockets: Map<K, { readonly socket: Socket }>, key: K, socket: Socket): void {
    if (sockets.get(key)?.socket !== socket) return;
    sockets.delete(key);
    socket.close();
  }

  function received(bytes: Uint8Array, { address, port, family }: RemoteInfo, toAll: boolean): void {
    if (closed) return;
    if (isOnLink(address)) {
      events.received(bytes, { address, port, family: family === "IPv4" ? "udp4" : "udp6" }, toAll);
    } else if (!warnedOffLink) {
      warnedOffLink = true;
      logger.warn({ address }, `ignored an mDNS packet from ${address}, which is in no network of this machine`);
    }
  }

  function scanLater(): void {
    if (closed || !listening || cancelScan) return;
    const again = (): void => {
      cancelScan = undefined;
      void scan()
        .catch((reason: unknown) => logger.warn({ reason }, "mDNS lost its port and did not get it back yet"))
        .finally(scanLater);
    };
    cancelScan = clock.after(scanEveryMs, again, { background: true });
  }

  return {
    async listen() {
      if (listening && listeners.size > 0) return;
      listening = true;
      await scan();
      // That may have been a scan which had begun before anybody wanted to listen.
      if (listeners.size === 0) await scan();
      scanLater();
    },
    async sendToAll(bytes) {
      if (links.size === 0 || clock.now() - scannedAt >= scanAgainMs) await scan();
      const failures: unknown[] = [];
      const targets = [...links];
      await Promise.all(
        targets.map(async ([key, { socket, family }]) => {
          const failure = await send(socket, bytes, port, groups[family]);
          if (!failure) return;
          logger.debug({ link: key, reason: failure }, "mDNS could not send on this interface");
          failures.push(failure);
          drop(links, key, socket);
        }),
      );
      if (failures.length === targets.length) throw noLink(failures[0]);
    },
    sendTo(bytes, to) {
      const listener = listeners.get(to.family);
      if (!listener) return;
      void send(listener.socket, bytes, to.port, to.address).then((reason) => {
        if (reason) logger.debug({ to, reason }, "mDNS could not answer");
      });
    },
    hold() {
      holds++;
      for (const { socket } of listeners.values()) socket.ref();
      return closeOnceSync(() => {
        holds--;
        if (holds === 0) for (const { socket } of listeners.values()) socket.unref();
      });
    },
    ...closeable(
      closeOnce(async () => {
        closed = true;
        cancelScan?.();
        await scanning?.catch(() => undefined);
        for (const sockets of [links, listeners]) {
          await Promise.all([...sockets.values()].map(({ socket }) => new Promise<void>((done) => socket.close(done))));
          sockets.clear();
        }
      }),
    ),
  };
}

// A socket that was closed meanwhile throws instead of calling back; both are a failure to send.
function send(socket: Socket, bytes: Uint8Array, port: number, address: string): Promise<Error | undefined> {
  return new Promise<Error | undefined>((resolve) => {
    socket.send(bytes, port, address, (reason) => resolve(reason ?? undefined));
  }).catch((reason: Error) => reason);
}

function noPort(port: number, cause: unknown): MicroError {
  const detail = `UDP port ${port}, on which mDNS listens, cannot be opened; does a program hold it without sharing?`;
  return unavailable(errorId, detail, { cause });
}

function noLink(cause: unknown): MicroError {
  return unavailable(errorId, "mDNS found no network interface to send on, not even the loopback", { cause });
}

function closeOnceSync(release: () => void): () => void {
  let released = false;
  return () => {
    if (!released) release();
    released = true;
  };
}
