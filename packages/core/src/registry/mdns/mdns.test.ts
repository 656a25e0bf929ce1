import { describe, expect, it } from "vitest";
import { type TestClock, testClock } from "../../words/clock.ts";
import { silentLogger } from "../../words/logger.ts";
import type { Registry, RegistryEvent, ServiceRecord, WatchOptions } from "../registry.ts";
import { decodeMessage } from "./decode.ts";
import { encodeMessage } from "./encode.ts";
import { mdns, openRegistry } from "./mdns.ts";
import { flags, type Message, message } from "./message.ts";
import type { Network, NetworkEvents } from "./network.ts";
import type { OpenNetwork } from "./station.ts";

// Registries that hear each other without sockets, packets that can be lost, doubled or held back, and time turned by hand.
interface Ether {
  readonly clock: TestClock;
  /** Every packet to the group so far. */
  readonly said: Message[];
  /** How many are kept alive by the registries. */
  holds: number;
  /** Which packets get lost; called once a receiver. */
  loses: (packet: Message) => boolean;
  /** How many links everybody shares: each packet to the group comes that often. */
  links: number;
  /** No packet leaves. */
  down: boolean;
  open(options?: { reconcileMs?: number }): Registry;
  /** Ends a registry without a word. */
  cut(registry: Registry): void;
  /** A registry, or all of them, are told of a new link. */
  link(registry?: Registry): void;
  inject(packet: Message): void;
}

function createEther(): Ether {
  const clock = testClock();
  const members = new Map<number, { events: NetworkEvents; listening: boolean }>();
  const ports = new Map<Registry, number>();
  let nextPort = 1;
  const ether: Ether = {
    clock,
    said: [],
    holds: 0,
    loses: () => false,
    links: 1,
    down: false,
    open({ reconcileMs = 30_000 } = {}) {
      const port = nextPort++;
      const settings = { timeoutMs: 100, reconcileMs, domain: "micro", port, onLinkOnly: true };
      const registry = openRegistry({ ...settings, logger: silentLogger, clock }, network(port));
      ports.set(registry, port);
      return registry;
    },
    cut: (registry) => void members.delete(ports.get(registry) ?? 0),
    link(registry) {
      for (const [port, { events }] of members) if (!registry || ports.get(registry) === port) events.linked();
    },
    inject: (packet) => deliver(encodeMessage(packet), 0),
  };

  function deliver(bytes: Uint8Array, from: number): void {
    for (let i = 0; i < ether.links; i++)
      for (const { events, listening } of members.values())
        if (listening && !ether.loses(decodeMessage(bytes))) events.received(bytes, peer(from), true);
  }

  function network(port: number): OpenNetwork {
    return (events): Network => {
      members.set(port, { events, listening: false });
      const close = async (): Promise<void> => void members.delete(port);
      return {
        async listen() {
          const member = members.get(port);
          if (member) member.listening = true;
        },
        async sendToAll(bytes) {
          if (ether.down) throw new Error("no link");
          if (!members.has(port)) return;
          ether.said.push(decodeMessage(bytes));
          queueMicrotask(() => deliver(bytes, port));
        },
        sendTo(bytes, to) {
          if (ether.loses(decodeMessage(bytes))) return;
          queueMicrotask(() => members.get(to.port)?.events.received(bytes, peer(port), false));
        },
        hold() {
          ether.holds++;
          return () => void ether.holds--;
        },
        close,
        [Symbol.asyncDispose]: close,
      };
    };
  }
  return ether;
}

const peer = (port: number) => ({ address: "10.0.0.1", port, family: "udp4" as const });

function record(
  name: string,
  ids: readonly string[],
  changes: { version?: string; zone?: string } = {},
): ServiceRecord {
  const { version = "1", zone = "a" } = changes;
  const nodes = ids.map((id) => ({ id, address: "10.0.0.5:80", metadata: { zone } }));
  return { name, version, metadata: {}, endpoints: [], nodes };
}

// What of a promise comes when this much time passes.
async function after<T>({ clock }: Ether, ms: number, promise: Promise<T>): Promise<T> {
  const settled = promise.then(
    (value) => () => value,
    (reason) => () => {
      throw reason;
    },
  );
  await clock.advance(ms);
  return (await settled)();
}

function follow(registry: Registry, options: WatchOptions = {}) {
  const told: string[] = [];
  const finished = (async () => {
    for await (const event of registry.watch(options)) told.push(tell(event));
  })();
  return { told, finished };
}

function tell(event: RegistryEvent): string {
  const records = event.type === "sync" ? event.records : [event.record];
  const nodes = records.flatMap(({ version, nodes }) =>
    nodes.map(({ id, metadata }) => `${id}@${version}${metadata.zone}`),
  );
  return [event.type, ...nodes].join(" ");
}

const announced = (said: readonly Message[]): Message[] => said.filter((packet) => packet.flags & flags.response);
const isAnswer = (packet: Message): boolean => (packet.flags & flags.response) !== 0;
const isGoodbye = (packet: Message): boolean => isAnswer(packet) && packet.answers[0]?.ttl === 0;

describe("mdnsRegistry registering", () => {
  it("resolves when the first announcement has left, and repeats it after 1 and 3 seconds", async () => {
    const ether = createEther();
    const registry = ether.open();
    await registry.register(record("greeter", ["n1"]));
    expect(announced(ether.said)).toHaveLength(1);
    await ether.clock.advance(999);
    expect(announced(ether.said)).toHaveLength(1);
    await ether.clock.advance(1);
    expect(announced(ether.said)).toHaveLength(2);
    await ether.clock.advance(2_000);
    expect(announced(ether.said)).toHaveLength(3);
    await ether.clock.advance(600_000);
    expect(announced(ether.said)).toHaveLength(3);
  });

  it("says nothing when it is repeated unchanged, and announces what changed", async () => {
    const ether = createEther();
    const registry = ether.open();
    await registry.register(record("greeter", ["n1"]));
    await ether.clock.advance(5_000);
    ether.said.length = 0;
    await registry.register(record("greeter", ["n1"]));
    await ether.clock.advance(5_000);
    expect(ether.said).toEqual([]);
    await registry.register(record("greeter", ["n1"], { zone: "b" }));
    await ether.clock.advance(5_000);
    expect(ether.said).toHaveLength(3);
  });

  it("registers no node when one of them cannot be carried", async () => {
    const ether = createEther();
    const registry = ether.open();
    const long = "x".repeat(64);
    await expect(registry.register(record("greeter", ["n1", long]))).rejects.toMatchObject({ code: 400 });
    expect(ether.said).toEqual([]);
    expect(await after(ether, 100, registry.getService("greeter"))).toEqual([]);
    expect(ether.holds).toBe(0);
  });

  it("rejects, and keeps nothing, when no packet leaves; the same again works once one does", async () => {
    const ether = createEther();
    const registry = ether.open();
    ether.down = true;
    await expect(registry.register(record("greeter", ["n1"]))).rejects.toThrow("no link");
    expect(ether.holds).toBe(0);
    ether.down = false;
    await registry.register(record("greeter", ["n1"]));
    expect(await after(ether, 100, registry.getService("greeter"))).toHaveLength(1);
  });

  it("says goodbye once when a node is deregistered, and announces it no more", async () => {
    const ether = createEther();
    const registry = ether.open();
    await registry.register(record("greeter", ["n1"]));
    ether.said.length = 0;
    await registry.deregister(record("greeter", ["n1"]));
    await registry.deregister(record("greeter", ["n1"]));
    await ether.clock.advance(5_000);
    expect(ether.said.map(isGoodbye)).toEqual([true]);
  });

  it("deregisters also when no packet leaves", async () => {
    const ether = createEther();
    const registry = ether.open();
    await registry.register(record("greeter", ["n1"]));
    ether.down = true;
    await registry.deregister(record("greeter", ["n1"]));
    ether.down = false;
    expect(await after(ether, 100, registry.getService("greeter"))).toEqual([]);
  });

  it("keeps the order of calls that nobody waited for", async () => {
    const ether = createEther();
    const registry = ether.open();
    const named = { id: "n1", address: "localhost:80", metadata: {} };
    const slow = registry.register({ ...record("greeter", []), nodes: [named] });
    await Promise.all([slow, registry.deregister(record("greeter", ["n1"]))]);
    expect(await after(ether, 100, registry.getService("greeter"))).toEqual([]);
  });

  it("takes a node back when its time to live passes without a renewal", async () => {
    const ether = createEther();
    const registry = ether.open();
    await registry.register(record("greeter", ["n1"]), { ttlMs: 1_000 });
    await ether.clock.advance(900);
    await registry.register(record("greeter", ["n1"]), { ttlMs: 1_000 });
    await ether.clock.advance(900);
    expect(ether.said.some(isGoodbye)).toBe(false);
    await ether.clock.advance(100);
    expect(ether.said.some(isGoodbye)).toBe(true);
    expect(ether.holds).toBe(0);
  });

  it("announces its nodes again when a link comes up", async () => {
    const ether = createEther();
    const registry = ether.open();
    await registry.register(record("greeter", ["n1", "n2"]));
    await ether.clock.advance(5_000);
    ether.said.length = 0;
    ether.link();
    await ether.clock.advance(0);
    expect(announced(ether.said)).toHaveLength(2);
  });

  it("says goodbye for what is still registered when it is closed, and then rejects", async () => {
    const ether = createEther();
    const registry = ether.open();
    await registry.register(record("greeter", ["n1", "n2"]));
    ether.said.length = 0;
    await registry.close();
    expect(ether.said.map(isGoodbye)).toEqual([true, true]);
    expect(ether.holds).toBe(0);
    await expect(registry.register(record("greeter", ["n1"]))).rejects.toMatchObject({ code: 503 });
  });
});

describe("mdnsRegistry looking up", () => {
  it("collects the nodes of all processes, once each, by version", async () => {
    const ether = createEther();
    ether.links = 3;
    const [a, b, c] = [ether.open(), ether.open(), ether.open()];
    await a.register(record("greeter", ["n1"]));
    await b.register(record("greeter", ["n2"]));
    await b.register(record("greeter", ["n3"], { version: "2" }));
    const found = await after(ether, 100, c.getService("greeter"));
    expect(found.map(({ version, nodes }) => [version, nodes.map(({ id }) => id).sort()])).toEqual([
      ["1", ["n1", "n2"]],
      ["2", ["n3"]],
    ]);
  });

  it("asks again at half time when nobody answered", async () => {
    const ether = createEther();
    const [a, b] = [ether.open(), ether.open()];
    await a.register(record("greeter", ["n1"]));
    let lost = 0;
    ether.loses = (packet) => !isAnswer(packet) && lost++ < 1;
    expect(await after(ether, 100, b.getService("greeter"))).toHaveLength(1);
    ether.said.length = 0;
    expect(await after(ether, 100, b.getService("greeter"))).toHaveLength(1);
    expect(ether.said).toHaveLength(1);
  });

  it("leaves out a node that says goodbye meanwhile", async () => {
    const ether = createEther();
    const [a, b] = [ether.open(), ether.open()];
    await a.register(record("greeter", ["n1"]));
    await b.register(record("other", ["o1"])); // makes it listen
    const lookup = b.getService("greeter");
    await ether.clock.advance(20);
    await a.deregister(record("greeter", ["n1"]));
    expect(await after(ether, 80, lookup)).toEqual([]);
  });

  it("finds nothing under a name that no service can have", async () => {
    const ether = createEther();
    const registry = ether.open();
    for (const name of ["", "a..b", "x".repeat(64), "_services"]) expect(await registry.getService(name)).toEqual([]);
    expect(ether.said).toEqual([]);
  });

  it("lists names, each once", async () => {
    const ether = createEther();
    const [a, b] = [ether.open(), ether.open()];
    await a.register(record("b", ["n1"]));
    await a.register(record("a.c", ["n2"]));
    await b.register(record("b", ["n3"]));
    const listed = await after(ether, 100, b.listServices());
    expect(listed.map(({ name, nodes }) => [name, nodes])).toEqual([
      ["a.c", []],
      ["b", []],
    ]);
  });

  it("rejects with 503 when the registry is closed meanwhile", async () => {
    const ether = createEther();
    const registry = ether.open();
    const lookup = registry.getService("greeter");
    await ether.clock.advance(10);
    await registry.close();
    await expect(lookup).rejects.toMatchObject({ code: 503 });
  });
});

describe("mdnsRegistry watching", () => {
  it("begins with all there is and tells each change once, however often packets come", async () => {
    const ether = createEther();
    ether.links = 3;
    const [a, b] = [ether.open(), ether.open()];
    await a.register(record("greeter", ["n1"]));
    const { told } = follow(b, { service: "greeter" });
    await ether.clock.advance(100);
    await a.register(record("greeter", ["n2"]));
    await ether.clock.advance(5_000);
    await a.register(record("greeter", ["n2"], { zone: "b" }));
    await ether.clock.advance(5_000);
    await a.register(record("greeter", ["n2"], { version: "2", zone: "b" }));
    await ether.clock.advance(5_000);
    await a.deregister(record("greeter", ["n1"]));
    await ether.clock.advance(5_000);
    expect(told).toEqual(["sync n1@1a", "create n2@1a", "update n2@1b", "update n2@2b", "delete n1@1a"]);
  });

  it("watches all services when none is named", async () => {
    const ether = createEther();
    const [a, b] = [ether.open(), ether.open()];
    await a.register(record("x", ["x1"]));
    await a.register(record("y.z", ["y1"]));
    const { told } = follow(b);
    await ether.clock.advance(200);
    await a.register(record("w", ["w1"]));
    await a.deregister(record("x", ["x1"]));
    await ether.clock.advance(100_000);
    expect(told).toEqual(["sync x1@1a y1@1a", "create w1@1a", "delete x1@1a"]);
  });

  it("asks again after 250 ms and 1 s, so that a lost answer is made good", async () => {
    const ether = createEther();
    const [a, b] = [ether.open(), ether.open()];
    await a.register(record("greeter", ["n1"]));
    await ether.clock.advance(5_000);
    let lost = 0;
    ether.loses = (packet) => !isAnswer(packet) && lost++ < 4;
    const { told } = follow(b, { service: "greeter" });
    await ether.clock.advance(2_000);
    expect(told).toEqual(["sync", "create n1@1a"]);
    expect(lost).toBeGreaterThanOrEqual(4);
  });

  it("deletes a node after two rounds without its answer, and not after one", async () => {
    const ether = createEther();
    const [a, b] = [ether.open(), ether.open({ reconcileMs: 10_000 })];
    await a.register(record("greeter", ["n1"]));
    await b.register(record("greeter", ["n2"]));
    const { told } = follow(b, { service: "greeter" });
    await ether.clock.advance(5_000);
    ether.cut(a);
    await ether.clock.advance(10_000);
    expect(told).toEqual(["sync n1@1a n2@1a"]);
    await ether.clock.advance(11_000);
    expect(told).toEqual(["sync n1@1a n2@1a", "delete n1@1a"]);
  });

  it("keeps a node whose answers get lost now and then", async () => {
    const ether = createEther();
    const [a, b] = [ether.open(), ether.open({ reconcileMs: 10_000 })];
    await a.register(record("greeter", ["n1"]));
    const { told } = follow(b, { service: "greeter" });
    await ether.clock.advance(5_000);
    // The general answers are all lost; only the question for the one node is answered.
    ether.loses = (packet) => packet.answers[0]?.kind === "PTR";
    await ether.clock.advance(100_000);
    expect(told).toEqual(["sync n1@1a"]);
  });

  it("keeps what it knows while its own questions cannot leave, and begins when they can", async () => {
    const ether = createEther();
    const [a, b] = [ether.open(), ether.open({ reconcileMs: 10_000 })];
    await a.register(record("greeter", ["n1"]));
    ether.down = true;
    const contacts: boolean[] = [];
    const { told } = follow(b, { service: "greeter", onContact: (inTouch) => contacts.push(inTouch) });
    await ether.clock.advance(60_000);
    expect([told, contacts]).toEqual([[], [false]]);
    ether.down = false;
    await ether.clock.advance(5_000);
    expect([told, contacts]).toEqual([["sync n1@1a"], [false, true]]);
    ether.down = true;
    await ether.clock.advance(100_000);
    expect([told, contacts]).toEqual([["sync n1@1a"], [false, true, false]]);
  });

  it("asks at once when a link comes up", async () => {
    const ether = createEther();
    const [a, b] = [ether.open(), ether.open()];
    const { told } = follow(b, { service: "greeter" });
    await ether.clock.advance(5_000);
    ether.loses = () => true;
    await a.register(record("greeter", ["n1"]));
    await ether.clock.advance(5_000);
    ether.loses = () => false;
    ether.link(b);
    await ether.clock.advance(0);
    expect(told).toEqual(["sync", "create n1@1a"]);
  });

  it("does not bring a node back for an answer that was under way when it said goodbye", async () => {
    const ether = createEther();
    const [a, b] = [ether.open(), ether.open()];
    let last: Message = message({});
    ether.loses = (packet) => {
      if (isAnswer(packet) && !isGoodbye(packet)) last = packet;
      return false;
    };
    await a.register(record("greeter", ["n1"]));
    const { told } = follow(b, { service: "greeter" });
    await ether.clock.advance(5_000);
    await a.deregister(record("greeter", ["n1"]));
    await ether.clock.advance(0);
    ether.inject(last);
    await ether.clock.advance(5_000);
    expect(told).toEqual(["sync n1@1a", "delete n1@1a"]);
  });

  it("does not go back to what was replaced for an answer that was under way", async () => {
    const ether = createEther();
    const [a, b] = [ether.open(), ether.open()];
    await a.register(record("greeter", ["n1"]));
    const old = ether.said.find(isAnswer) ?? message({});
    const { told } = follow(b, { service: "greeter" });
    await ether.clock.advance(5_000);
    await a.register(record("greeter", ["n1"], { zone: "b" }));
    await ether.clock.advance(0);
    ether.inject(old);
    await ether.clock.advance(5_000);
    expect(told).toEqual(["sync n1@1a", "update n1@1b"]);
  });

  it("tells of a node that comes back right after its goodbye, by asking it", async () => {
    const ether = createEther();
    const [a, b] = [ether.open(), ether.open()];
    await a.register(record("greeter", ["n1"]));
    const { told } = follow(b, { service: "greeter" });
    await ether.clock.advance(5_000);
    await a.deregister(record("greeter", ["n1"]));
    await a.register(record("greeter", ["n1"]));
    await ether.clock.advance(500);
    expect(told).toEqual(["sync n1@1a", "delete n1@1a", "create n1@1a"]);
  });

  it("holds the process while it is read, and no longer", async () => {
    const ether = createEther();
    const registry = ether.open();
    const stop = new AbortController();
    const { finished } = follow(registry, { signal: stop.signal });
    await ether.clock.advance(1_000);
    expect(ether.holds).toBe(1);
    stop.abort();
    await finished;
    expect(ether.holds).toBe(0);
    ether.said.length = 0;
    await ether.clock.advance(100_000);
    expect(ether.said).toEqual([]);
  });

  it("asks for a bounded number of services, however many the list names", async () => {
    const ether = createEther();
    const registry = ether.open();
    follow(registry);
    await ether.clock.advance(50);
    ether.said.length = 0;
    for (let i = 0; i < 3_000; i++) {
      const target = `s${i}._services.micro`;
      const pointer = { kind: "PTR", name: "_services.micro", class: 1, ttl: 120, target } as const;
      ether.inject(message({ flags: 0x8400, answers: [pointer] }));
    }
    await ether.clock.advance(50);
    expect(ether.said).toHaveLength(1_000);
  });
});

describe("the plugin mdns", () => {
  it("opens a registry of that name", async () => {
    await using registry = await mdns.open({ addresses: [], logger: silentLogger });
    expect([mdns.kind, mdns.name, registry.name]).toEqual(["registry", "mdns", "mdns"]);
  });

  it("refuses an address, since it has no server", () => {
    expect(() => mdns.open({ addresses: ["10.0.0.1:2379"], logger: silentLogger })).toThrow("takes no address");
  });
});
