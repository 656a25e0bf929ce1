import { setTimeout as sleep } from "node:timers/promises";
import { MicroError, type Registry } from "@micro/core";
import { etcdServer, requireServer } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { commotion, type Follower, follow, followAtOnce, keepingLogger, type Rig, recordOf, rig } from "./rig.ts";

const available = await requireServer(etcdServer);
// Longer ones show nothing else; they were run by hand with 20 and 60 seconds.
const frozenMs = Number(process.env.MICRO_TEST_FROZEN_MS ?? 5_000);
const downMs = Number(process.env.MICRO_TEST_DOWN_MS ?? 5_000);
const ttlMs = 8_000;
const patience = { timeout: 20_000, interval: 20 };

describe.skipIf(!available)("etcdRegistry on a cluster of three members", { timeout: 120_000 }, () => {
  let it3: Rig;
  beforeAll(async () => {
    it3 = await rig({ members: 3 });
  }, 60_000);
  afterAll(() => it3?.close());

  let number = 0;
  /** A registry with a node of its own and a watch, and somebody else who keeps registering and deregistering. */
  async function scene(): Promise<{
    service: string;
    key: string;
    follower: Follower;
    lines: readonly string[];
    finish(): Promise<void>;
  }> {
    const service = `fault${++number}`;
    const logger = keepingLogger();
    const registry = it3.open({ logger });
    const other = it3.openBeside();
    onTestFinished(async () => {
      await Promise.all([registry.close(), other.close()]);
    });
    await registry.register(recordOf(`own${number}`, "own-1"), { ttlMs });
    const key = `/micro/registry/own${number}/own-1`;
    const before = await it3.get(key);
    const follower = await follow(registry, { service });
    const busy = commotion(other, service);
    await expect.poll(() => follower.told.length, patience).toBeGreaterThan(3);
    return {
      service,
      key,
      follower,
      lines: logger.lines,
      async finish() {
        const done = await busy.stop();
        // Every event, in order, once, and no second sync in place of some.
        await expect.poll(() => withoutLate(follower.told.slice(1)), patience).toEqual(done);
        const left = done.filter((event) => !done.includes(event.replace("create", "delete")));
        const ids = left.map((event) => event.replace("create ", "")).sort();
        await expect.poll(() => [...follower.ids].sort(), patience).toEqual(ids);
        // The key is the one that was made at the start: it was never gone.
        expect(await it3.get(key)).toMatchObject({ createRevision: before?.createRevision ?? 0 });
      },
    };
  }

  it("misses no event and keeps its node when the member that carries the watch is killed", async () => {
    const { follower, finish, lines } = await scene();
    const { member } = it3.carrier();
    await member.kill9();
    const seen = follower.told.length;
    await expect.poll(() => follower.told.length, patience).toBeGreaterThan(seen + 5);
    await member.start();
    await finish();
    expect(lines).toEqual([
      expect.stringMatching(/^warn etcd at 127\.0\.0\.1:\d+ does not serve: /),
      expect.stringMatching(/^info etcd serves at 127\.0\.0\.1:\d+ after /),
    ]);
  });

  it("misses no event and keeps its node when the member that carries the watch is frozen", async () => {
    const { follower, finish } = await scene();
    const { member } = it3.carrier();
    member.freeze();
    try {
      await sleep(100); // what was on its way
      const seen = follower.told.length;
      await expect.poll(() => follower.told.length, patience).toBeGreaterThan(seen + 5);
      await sleep(frozenMs);
    } finally {
      member.thaw();
    }
    await finish();
  });

  it("misses no event and keeps its node when the connection swallows everything", async () => {
    const { follower, finish } = await scene();
    const { cable } = it3.carrier();
    cable.blackhole();
    await sleep(100); // what was on its way
    const seen = follower.told.length;
    await expect.poll(() => follower.told.length, patience).toBeGreaterThan(seen + 5);
    cable.heal();
    await finish();
  });

  it("misses no event and keeps its node when connections are reset again and again", async () => {
    const { follower, finish } = await scene();
    for (let n = 0; n < 10; n++) {
      const seen = follower.told.length;
      for (const cable of it3.cables) cable.reset();
      await expect.poll(() => follower.told.length, patience).toBeGreaterThan(seen);
    }
    await finish();
  });

  it("misses no event and keeps its node on a slow network", async () => {
    for (const cable of it3.cables) cable.delay(200);
    try {
      const { finish } = await scene();
      await finish();
    } finally {
      for (const cable of it3.cables) cable.delay(0);
    }
  });

  it("misses no event and keeps its node when the whole cluster is down for a while", async () => {
    const { follower, finish, lines } = await scene();
    await Promise.all(it3.cluster.members.map((member) => member.kill9()));
    await sleep(downMs);
    await Promise.all(it3.cluster.members.map((member) => member.start()));
    const seen = follower.told.length;
    await expect.poll(() => follower.told.length, patience).toBeGreaterThan(seen);
    await finish();
    // Leaders may come and go while members start; a line a try would be dozens.
    expect(lines.length).toBeLessThan(7);
  });

  it("gives a new sync when what it missed was compacted away", async () => {
    const service = "compacted";
    const registry = it3.open();
    const other = it3.openBeside();
    await other.register(recordOf(service, "before-1"));
    await other.register(recordOf(service, "before-2"));
    const follower = await follow(registry, { service });
    await Promise.all(it3.cables.map((cable) => cable.refuse()));
    await other.deregister(recordOf(service, "before-1"));
    await other.register(recordOf(service, "meanwhile-1"));
    await it3.cluster.etcdctl("compact", String(await it3.revision()));
    await Promise.all(it3.cables.map((cable) => cable.accept()));
    await expect.poll(() => follower.told, patience).toEqual(["sync", "sync"]);
    expect([...follower.ids].sort()).toEqual(["before-2", "meanwhile-1"]);
    await other.register(recordOf(service, "after-1"));
    await expect.poll(() => follower.told.at(-1), patience).toBe("create after-1");
  });

  it("moves its nodes to a lease that a frozen leader knows nothing of and cannot take back", async () => {
    const leader = await it3.cluster.leader();
    const addresses = it3.addresses.filter((_, index) => it3.cluster.members[index] !== leader);
    const registry = it3.open({ addresses });
    const leasesBefore = await it3.leases();
    await registry.register(recordOf("led", "led-1"), { ttlMs });
    await registry.register(recordOf("led", "led-2"), { ttlMs });
    const follower = await follow(it3.open({ addresses }), { service: "led" });
    const before = await it3.get("/micro/registry/led/led-1");
    leader.freeze();
    try {
      for (const key of ["/micro/registry/led/led-1", "/micro/registry/led/led-2"])
        await expect.poll(async () => (await it3.get(key))?.lease, patience).not.toBe(before?.lease);
      await expect.poll(() => it3.leases(), patience).not.toContain(before?.lease);
      // Without the remedy, some of its returns after this long take back all leases.
      await sleep(Math.max(frozenMs, 1.2 * ttlMs));
    } finally {
      leader.thaw();
    }
    await registry.register(recordOf("led", "led-3"), { ttlMs });
    await expect.poll(() => follower.told, patience).toEqual(["sync", "create led-3"]);
    expect(await it3.get("/micro/registry/led/led-1")).toMatchObject({ createRevision: before?.createRevision ?? 0 });
    const added = (await it3.leases()).filter((id) => !leasesBefore.includes(id));
    expect(added).toEqual([(await it3.get("/micro/registry/led/led-1"))?.lease]);
    await registry.deregister(recordOf("led", "led-1"));
    await registry.deregister(recordOf("led", "led-2"));
    await registry.deregister(recordOf("led", "led-3"));
    expect((await it3.leases()).filter((id) => !leasesBefore.includes(id))).toEqual([]);
  });

  it("registers again at once when its lease is revoked", async () => {
    const registry = it3.open();
    const follower = await follow(it3.openBeside(), { service: "revoked" });
    await registry.register(recordOf("revoked", "revoked-1"), { ttlMs: 3_600_000 });
    const before = await it3.get("/micro/registry/revoked/revoked-1");
    await it3.cluster.etcdctl("lease", "revoke", before?.lease ?? "");
    await expect
      .poll(() => follower.told, patience)
      .toEqual(["sync", "create revoked-1", "delete revoked-1", "create revoked-1"]);
    expect((await it3.get("/micro/registry/revoked/revoked-1"))?.lease).not.toBe(before?.lease);
  });

  it("registers again at once when somebody deletes its key", async () => {
    for (const options of [{ ttlMs: 3_600_000 }, {}]) {
      const registry = it3.open();
      const record = recordOf("deleted", `deleted-${Object.keys(options).length}`);
      await registry.register(record, options);
      await it3.cluster.etcdctl("del", "--prefix", "/micro/registry/deleted/");
      await expect.poll(() => it3.keys("/micro/registry/deleted/"), patience).toHaveLength(1);
      await registry.deregister(record);
      expect(await it3.keys("/micro/registry/deleted/")).toEqual([]);
    }
  });

  it("gives up a connection that is dead without a sign, also when nobody watches", async () => {
    await using one = await rig();
    const registry = one.open({ timeoutMs: 2_000 });
    expect(await registry.getService("nobody")).toEqual([]);
    one.cables[0]?.strand();
    await expect.poll(() => registry.getService("nobody").catch((reason) => reason.code), patience).toEqual([]);
  });

  it("registers again as soon as it can when it was cut off for longer than its time to live", async () => {
    const registry = it3.open();
    const follower = await follow(it3.openBeside(), { service: "expired" });
    await registry.register(recordOf("expired", "expired-1"), { ttlMs: 2_000 });
    for (const cable of it3.cables) cable.blackhole();
    await expect.poll(() => follower.told.at(-1), patience).toBe("delete expired-1");
    for (const cable of it3.cables) cable.heal();
    await expect.poll(() => follower.told.at(-1), patience).toBe("create expired-1");
  });

  it("serves reads, if old ones, while only one member is left, and goes on when the others are back", async () => {
    const registry = it3.open({ timeoutMs: 2_000 });
    await registry.register(recordOf("minority", "minority-1"));
    const [first, second] = it3.cluster.members;
    first?.freeze();
    second?.freeze();
    try {
      await expect.poll(() => idsOf(registry, "minority"), patience).toEqual(["minority-1"]);
      const register = (): Promise<string> =>
        registry.register(recordOf("minority", "minority-2")).then(
          () => "registered",
          (reason) => `${reason.code} ${reason.detail}`,
        );
      // The last member says so itself as soon as it knows, instead of letting us wait.
      await expect.poll(register, patience).toMatch(/^503 .*no leader/);
    } finally {
      first?.thaw();
      second?.thaw();
    }
    await expect.poll(() => idsOf(registry, "minority"), patience).toEqual(["minority-1", "minority-2"]);
  });

  it("does not bring back what was deregistered while a frozen member still held the registration", async () => {
    const registry = it3.open({ addresses: it3.cluster.addresses });
    const members = it3.cluster.members;
    // On the same lease, so that the registry cannot simply give the lease back.
    await registry.register(recordOf("keeper", "keeper-1"), { ttlMs: 60_000 });
    for (let n = 0; n < 3; n++) {
      const record = recordOf("ghost", `ghost-${n}`);
      members[n]?.freeze();
      try {
        await Promise.allSettled([registry.register(record, { ttlMs: 60_000 })]);
        await expect.poll(() => registry.deregister(record).then(() => "done"), patience).toBe("done");
      } finally {
        members[n]?.thaw();
      }
    }
    await it3.cluster.etcdctl("endpoint", "status", "--cluster"); // each member has caught up and answers
    await expect.poll(() => it3.keys("/micro/registry/ghost/"), patience).toEqual([]);
  });
});

describe.skipIf(!available)("etcdRegistry without etcd", { timeout: 60_000 }, () => {
  it("says where it tried and why it failed, goes on trying, and works when etcd appears", async () => {
    await using one = await rig();
    const [member] = one.cluster.members;
    const [address] = one.cluster.addresses;
    await member?.kill9();
    const logger = keepingLogger();
    const registry = one.open({ addresses: one.cluster.addresses, logger, timeoutMs: 500 });
    const follower = followAtOnce(registry);
    const reason = await registry.register(recordOf("early", "early-1"), { ttlMs: 60_000 }).catch((error) => error);
    expect(reason).toBeInstanceOf(MicroError);
    expect(reason).toMatchObject({ id: "micro.registry.etcd", code: 503 });
    expect(reason.detail).toContain(`${address} (connect ECONNREFUSED ${address})`);
    await expect(registry.getService("early")).rejects.toMatchObject({ code: 503 });
    await expect(registry.listServices()).rejects.toMatchObject({ code: 503 });
    expect(follower.events).toEqual([]);
    await member?.start();
    await expect.poll(() => [...follower.ids], patience).toEqual(["early-1"]);
    expect(logger.lines).toEqual([
      `warn etcd at ${address} does not serve: connect ECONNREFUSED ${address}`,
      expect.stringMatching(`^info etcd serves at ${address} after `),
    ]);
  });

  it("deletes again what a late put brings back after it was deregistered", async () => {
    await using one = await rig();
    const logger = keepingLogger();
    const registry = one.open({ logger });
    await registry.register(recordOf("keeper", "keeper-1"), { ttlMs: 60_000 });
    one.cables[0]?.blackhole();
    const registering = registry.register(recordOf("late", "late-1"), { ttlMs: 60_000 });
    await expect.poll(() => logger.lines.length, patience).toBeGreaterThan(0); // the put was sent and not answered
    one.cables[0]?.heal();
    await registering;
    const stored = await one.get("/micro/registry/late/late-1");
    await registry.deregister(recordOf("late", "late-1"));
    const { value, lease } = stored ?? { value: "", lease: "" };
    await one.cluster.etcdctl("put", `--lease=${lease}`, "/micro/registry/late/late-1", value);
    await expect.poll(() => one.keys("/micro/registry/late/"), patience).toEqual([]);
    // What somebody registers, or we do on purpose, stays.
    await registry.register(recordOf("late", "late-1"), { ttlMs: 60_000 });
    await registry.register(recordOf("late", "late-1"), { ttlMs: 60_000 });
    expect(await one.keys("/micro/registry/late/")).toHaveLength(1);
  });

  it("takes back what it could not register in time", async () => {
    await using one = await rig();
    const [member] = one.cluster.members;
    await member?.kill9();
    const registry = one.open({ timeoutMs: 300 });
    await expect(registry.register(recordOf("short", "short-1"))).rejects.toMatchObject({ code: 503 });
    await expect(registry.deregister(recordOf("short", "short-1"))).rejects.toMatchObject({ code: 503 });
    await registry.register(recordOf("marker", "marker-1")).catch(() => undefined);
    await member?.start();
    await expect.poll(() => one.keys(), patience).toEqual(["/micro/registry/marker/marker-1"]);
  });

  it("closes at once while it waits for etcd, and refuses all that was asked", async () => {
    await using one = await rig();
    for (const cable of one.cables) cable.blackhole();
    const registry = one.open({ timeoutMs: 30_000 });
    const follower = followAtOnce(registry);
    const asked = [
      registry.register(recordOf("a", "a-1")),
      registry.getService("a"),
      registry.deregister(recordOf("b", "b-1")),
    ];
    const outcome = Promise.allSettled(asked);
    await expect.poll(() => one.cables[0]?.connections).toBe(1);
    await registry.close();
    for (const { reason } of (await outcome) as PromiseRejectedResult[]) expect(reason).toMatchObject({ code: 503 });
    await follower.stop();
    await expect(registry.getService("a")).rejects.toMatchObject({ code: 503 });
  });
});

// A put that was tried again because its answer got lost may be applied once more, after the delete; it is then
// deleted again. In these scenes nobody registers a node twice on purpose.
function withoutLate(told: readonly string[]): string[] {
  const deleted = new Set<string>();
  return told.filter((event) => {
    const [kind, id = ""] = event.split(" ");
    const late = deleted.has(id);
    if (kind === "delete") deleted.add(id);
    return !late;
  });
}

async function idsOf(registry: Registry, service: string): Promise<string[]> {
  const records = await registry.getService(service);
  return records.flatMap((record) => record.nodes.map((node) => node.id));
}
