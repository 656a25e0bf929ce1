import type { Logger, LogLevel, Registry, RegistryEvent, ServiceRecord, WatchOptions } from "@micro/core";
import {
  type EtcdCluster,
  type EtcdMember,
  type StartEtcdOptions,
  startEtcd,
  type TcpProxy,
  tcpProxy,
} from "@micro/testbed";
import { expect, vi } from "vitest";
import { type EtcdRegistryOptions, etcdRegistry } from "../src/index.ts";

/** A real cluster with a cable of ours before each member, of which alone its members tell clients. */
export interface Rig extends AsyncDisposable {
  readonly cluster: EtcdCluster;
  readonly cables: readonly TcpProxy[];
  /** Through the cables. */
  readonly addresses: readonly string[];
  /** A registry that goes through the cables, closed with the rig. */
  open(options?: EtcdRegistryOptions): Registry;
  /** One that goes straight to the members, as another process would. */
  openBeside(): Registry;
  /** The member, and its cable, over which everything goes at the moment. */
  carrier(): { member: EtcdMember; cable: TcpProxy };
  /** What etcd holds under a key; undefined when there is nothing. */
  get(key: string): Promise<StoredKey | undefined>;
  keys(prefix?: string): Promise<string[]>;
  /** etcd's present revision. It grows by one with each write. */
  revision(): Promise<number>;
  /** In hexadecimal, without leading zeros. */
  leases(): Promise<string[]>;
  close(): Promise<void>;
}

export interface StoredKey {
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  /** In hexadecimal, as etcdctl wants it; "0" for none. */
  readonly lease: string;
}

export async function rig(options: StartEtcdOptions = {}): Promise<Rig> {
  const cables: TcpProxy[] = [];
  // A start that is tried again leaves cables to ports that nobody uses.
  const laid: TcpProxy[] = [];
  const cluster = await startEtcd({
    async advertise(target, index) {
      const cable = await tcpProxy({ target });
      laid.push(cable);
      cables[index] = cable;
      return cable.address;
    },
    ...options,
  });
  const addresses = cables.map((cable) => cable.address);
  const opened: Registry[] = [];
  const open = (registryOptions: EtcdRegistryOptions): Registry => {
    const registry = etcdRegistry(registryOptions);
    opened.push(registry);
    return registry;
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((registry) => registry.close()));
    await Promise.all(laid.map((cable) => cable.close()));
    await cluster.close();
  };
  return {
    cluster,
    cables,
    addresses,
    open: (more) => open({ addresses, ...more }),
    openBeside: () => open({ addresses: cluster.addresses }),
    carrier() {
      const index = cables.findIndex((cable) => cable.connections > 0);
      const [member, cable] = [cluster.members[index], cables[index]];
      if (!member || !cable) throw new Error("no connection goes through any cable");
      return { member, cable };
    },
    async get(key) {
      const json = await cluster.etcdctl("get", key, "-w", "json");
      const value = /"value":"([^"]*)"/.exec(json)?.[1];
      if (value === undefined) return undefined;
      // Read as text, since lease ids are too large for a JavaScript number.
      const field = (name: string): string => new RegExp(`"${name}":(\\d+)`).exec(json)?.[1] ?? "0";
      return {
        value: Buffer.from(value, "base64").toString(),
        createRevision: Number(field("create_revision")),
        modRevision: Number(field("mod_revision")),
        lease: BigInt(field("lease")).toString(16),
      };
    },
    async keys(prefix = "/micro/registry/") {
      return (await cluster.etcdctl("get", "--prefix", prefix, "--keys-only")).split("\n").filter(Boolean);
    },
    async revision() {
      return JSON.parse(await cluster.etcdctl("get", "none", "-w", "json")).header.revision;
    },
    async leases() {
      const [, ...ids] = (await cluster.etcdctl("lease", "list")).trim().split("\n");
      return ids.map((id) => BigInt(`0x${id}`).toString(16));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A record of one node. */
export function recordOf(service: string, id: string, changes: Partial<ServiceRecord> = {}): ServiceRecord {
  const node = { id, address: "10.0.0.5:43211", metadata: { protocol: "grpc" } };
  return { name: service, version: "latest", metadata: {}, endpoints: [], nodes: [node], ...changes };
}

/** A reader of one watch that keeps what it was told. */
export interface Follower {
  readonly events: readonly RegistryEvent[];
  /** `create a-1`, `sync`, …, in order. */
  readonly told: readonly string[];
  /** The nodes there are according to the events so far. */
  readonly ids: ReadonlySet<string>;
  stop(): Promise<void>;
}

/** Follows a watch; resolves when the first `sync` has come. */
export async function follow(registry: Registry, options: WatchOptions = {}): Promise<Follower> {
  const follower = followAtOnce(registry, options);
  await vi.waitFor(() => expect(follower.events.length).toBeGreaterThan(0), { timeout: 10_000 });
  return follower;
}

/** Follows a watch without waiting for anything. */
export function followAtOnce(registry: Registry, options: WatchOptions = {}): Follower {
  const events: RegistryEvent[] = [];
  const told: string[] = [];
  const ids = new Set<string>();
  const iterator = registry.watch(options)[Symbol.asyncIterator]();
  const reading = (async () => {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      const event = next.value;
      events.push(event);
      if (event.type === "sync") {
        ids.clear();
        for (const record of event.records) for (const { id } of record.nodes) ids.add(id);
        told.push("sync");
        continue;
      }
      for (const { id } of event.record.nodes) {
        if (event.type === "delete") ids.delete(id);
        else ids.add(id);
        told.push(`${event.type} ${id}`);
      }
    }
  })();
  return {
    events,
    told,
    ids,
    async stop() {
      await iterator.return?.();
      await reading;
    },
  };
}

/** Registers node after node until stopped, taking every other one away again: an event every few milliseconds. */
export function commotion(registry: Registry, service: string): { stop(): Promise<string[]> } {
  let stopped = false;
  const done: string[] = [];
  const running = (async () => {
    for (let n = 0; !stopped; n++) {
      const record = recordOf(service, `${service}-${n}`);
      await untilDone(() => registry.register(record, { ttlMs: 60_000 }));
      done.push(`create ${service}-${n}`);
      if (n % 2 === 0) continue;
      await untilDone(() => registry.deregister(record));
      done.push(`delete ${service}-${n}`);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await running;
      return done;
    },
  };
}

// While no member has a leader, requests of the test's own are refused, too.
async function untilDone(action: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (reason) {
      if (attempt === 20) throw reason;
    }
  }
}

/** A logger that keeps its lines as `level message`. */
export function keepingLogger(): Logger & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  const at =
    (level: LogLevel) =>
    (fields: object | string, message?: string): void =>
      void lines.push(`${level} ${typeof fields === "string" ? fields : message}`);
  const logger = {
    lines,
    level: "info" as LogLevel,
    trace: () => undefined,
    debug: () => undefined,
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
    child: () => logger,
    flush: async () => undefined,
  };
  return logger;
}
