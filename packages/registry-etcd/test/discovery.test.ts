import { setTimeout as sleep } from "node:timers/promises";
import type { Registry } from "@micro/core";
import { etcdServer, requireServer, type TcpProxy, tcpProxy } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { etcd } from "../src/index.ts";
import { type Follower, follow, keepingLogger, type Rig, recordOf, rig } from "./rig.ts";

const available = await requireServer(etcdServer);
const patience = { timeout: 20_000, interval: 20 };
// A member that swallows everything costs a second, and there may be two of them between two renewals.
const ttlMs = 6_000;
const beyondTtlMs = 1.3 * ttlMs;

// Each has to last longer than a lease lives. With clusters of their own they go on side by side.
describe.skipIf(!available).concurrent("etcdRegistry that was given one member of three", { timeout: 60_000 }, () => {
  const faults: readonly [string, (of: Rig) => Promise<void>, (of: Rig) => Promise<void>][] = [
    [
      "is killed",
      async ({ cluster }) => cluster.members[0]?.kill9(),
      async ({ cluster }) => cluster.members[0]?.start(),
    ],
    [
      "is frozen",
      async ({ cluster }) => cluster.members[0]?.freeze(),
      async ({ cluster }) => cluster.members[0]?.thaw(),
    ],
    [
      "sits behind a connection that swallows everything",
      async ({ cables }) => cables[0]?.blackhole(),
      async ({ cables }) => cables[0]?.heal(),
    ],
  ];
  it.each(faults)("keeps its node and its watch when that one %s for longer than the ttl", async (_, hurt, heal) => {
    await using it3 = await rig({ members: 3 });
    await using scene = await begin(it3);
    await hurt(it3);
    await sleep(beyondTtlMs);
    await scene.expectKept();
    await heal(it3);
    await scene.expectKept();
  });

  it("uses the others although some of them cannot be reached", async () => {
    await using it3 = await rig({ members: 3 });
    await using scene = await begin(it3);
    it3.cables[0]?.blackhole();
    it3.cables[1]?.blackhole();
    await sleep(beyondTtlMs);
    await scene.expectKept();
  });

  it("logs in at the others with its own name and password", async () => {
    await using guarded = await rig({ members: 3 });
    const { etcdctl } = guarded.cluster;
    await etcdctl("user", "add", "root:root");
    await etcdctl("user", "grant-role", "root", "root");
    await etcdctl("auth", "enable");
    const auth = { username: "root", password: "root" };
    await using scene = await begin(guarded, { auth });
    guarded.cluster.members[0]?.freeze();
    await sleep(beyondTtlMs);
    const registry = guarded.open({ auth, addresses: guarded.addresses.slice(1) });
    expect(await registry.getService(scene.service)).toHaveLength(1);
    await registry.register(recordOf(scene.service, "later-1"));
    await until(() => expect([...scene.follower.ids]).toEqual(["own-1", "later-1"]));
    expect(scene.follower.told).toEqual(["sync", "create own-1", "create later-1"]);
  });
});

describe.skipIf(!available)("etcdRegistry whose one member serves", { timeout: 60_000 }, () => {
  let it3: Rig;
  beforeAll(async () => {
    it3 = await rig({ members: 3 });
  }, 60_000);
  afterAll(() => it3?.close());

  it("is not connected to the others", async () => {
    await using scene = await begin(it3);
    await scene.expectKept();
    expect(it3.cables.slice(1).map((cable) => cable.connections)).toEqual([0, 0]);
  });

  it("loses its node with that one when it must not look for other members", async () => {
    vi.stubEnv("MICRO_REGISTRY_DISCOVER_MEMBERS", "false");
    onTestFinished(() => void vi.unstubAllEnvs());
    const addresses = it3.addresses.slice(0, 1);
    await using plugged = await etcd.open({ addresses, logger: keepingLogger() });
    for (const registry of [plugged, it3.open({ addresses, discoverMembers: false })]) {
      await registry.register(recordOf("alone", "alone-1"), { ttlMs: 2_000 });
      it3.cables[0]?.blackhole();
      try {
        await expect.poll(() => it3.keys("/micro/registry/alone/"), patience).toEqual([]);
        expect(it3.cables.slice(1).map((cable) => cable.connections)).toEqual([0, 0]);
      } finally {
        it3.cables[0]?.heal();
      }
      await registry.deregister(recordOf("alone", "alone-1"));
    }
    vi.stubEnv("MICRO_REGISTRY_DISCOVER_MEMBERS", "no");
    await expect((async () => etcd.open({ addresses, logger: keepingLogger() }))()).rejects.toThrow(
      'MICRO_REGISTRY_DISCOVER_MEMBERS is "no", expected true or false',
    );
  });
});

describe
  .skipIf(!available)
  .concurrent("etcdRegistry whose cluster names an address of another cluster", { timeout: 60_000 }, () => {
    it("uses the members that are ours, and says once that one is not", async () => {
      await using both = await twoClusters();
      const { ours } = both;
      await using scene = await begin(ours);
      await both.occupy(1);
      ours.cables[0]?.blackhole();
      await sleep(beyondTtlMs);
      await scene.expectKept();
      // Whichever was tried first: now both are.
      await ours.cables[2]?.refuse();
      await until(() => expect(foreigners(scene)).toHaveLength(1));
      await ours.cables[2]?.accept();
      await scene.expectKept();
      await both.expectUntouched();
      expect(foreigners(scene)).toHaveLength(1);
    });

    it("writes nothing when only the other cluster is left, and says what it found", async () => {
      await using both = await twoClusters();
      const { ours } = both;
      await using scene = await begin(ours, { timeoutMs: 1_500 });
      await both.occupy(1);
      await both.occupy(2);
      ours.cables[0]?.blackhole();
      const record = recordOf(scene.service, "lost-1");
      await expect(scene.registry.register(record)).rejects.toMatchObject({ code: 503 });
      await expect(scene.registry.getService("foreign")).rejects.toMatchObject({ code: 503 });
      await both.expectUntouched();
      expect(foreigners(scene)).toHaveLength(2);
      for (const address of ours.addresses.slice(1))
        expect(foreigners(scene)).toContainEqual(
          expect.stringMatching(
            `^warn etcd cluster [0-9a-f]+ names ${address} as a member, but cluster [0-9a-f]+ answers there; not using it$`,
          ),
        );
      ours.cables[0]?.heal();
      await until(async () => expect(await ours.keys(`/micro/registry/${scene.service}/`)).toHaveLength(2));
    });

    it("leaves an address at once when the other cluster takes it over", async () => {
      await using both = await twoClusters();
      const { ours } = both;
      await using scene = await begin(ours);
      for (const cable of ours.cables.slice(0, 2)) await cable.refuse();
      await until(() => expect(ours.cables[2]?.connections).toBeGreaterThan(0));
      await scene.expectKept();
      await both.occupy(2);
      await sleep(beyondTtlMs);
      await both.expectUntouched();
      await ours.cables[0]?.accept();
      await until(() => expect([...scene.follower.ids].sort()).toEqual(["other-2", "own-1"]));
    });
  });

interface TwoClusters extends AsyncDisposable {
  readonly ours: Rig;
  /** The other cluster takes over the port of one of our members. */
  occupy(index: number): Promise<void>;
  /** That nobody wrote anything to the other one. */
  expectUntouched(): Promise<void>;
}

async function twoClusters(): Promise<TwoClusters> {
  const [ours, theirs] = await Promise.all([rig({ members: 3 }), rig()]);
  await theirs.cluster.etcdctl("put", "/micro/registry/foreign/foreign-1", "{}");
  const revision = await theirs.revision();
  const usurpers: TcpProxy[] = [];
  return {
    ours,
    async occupy(index) {
      const [cable, target] = [ours.cables[index], theirs.cluster.addresses[0]];
      if (!cable || !target) throw new Error(`no member ${index}`);
      await cable.close();
      usurpers.push(await tcpProxy({ target, port: cable.port }));
    },
    async expectUntouched() {
      expect(await theirs.revision()).toBe(revision);
      expect(await theirs.leases()).toEqual([]);
    },
    async [Symbol.asyncDispose]() {
      await ours.close();
      for (const usurper of usurpers) await usurper.close();
      await theirs.close();
    },
  };
}

/** What `expect.poll` does, which tells tests that go on side by side apart by their own `expect` only. */
async function until(check: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(check, patience);
}

function foreigners({ lines }: Scene): string[] {
  return lines.filter((line) => line.includes("answers there"));
}

let number = 0;

interface Scene extends AsyncDisposable {
  readonly service: string;
  readonly registry: Registry;
  readonly follower: Follower;
  readonly lines: readonly string[];
  /** The node was never gone, and the watch tells of what others do now. */
  expectKept(): Promise<void>;
}

/** A registry that knows the first member only, with a node and a watch. */
async function begin(of: Rig, options: Parameters<Rig["open"]>[0] = {}): Promise<Scene> {
  const service = `discovery${++number}`;
  const logger = keepingLogger();
  const registry = of.open({ addresses: of.addresses.slice(0, 1), logger, ...options });
  const other = of.openBeside();
  const follower = await follow(registry, { service });
  await registry.register(recordOf(service, "own-1"), { ttlMs });
  await until(() => expect(follower.told).toEqual(["sync", "create own-1"]));
  const expected = [...follower.told];
  return {
    service,
    registry,
    follower,
    lines: logger.lines,
    async expectKept() {
      const id = `other-${expected.length}`;
      await other.register(recordOf(service, id));
      expected.push(`create ${id}`);
      await until(() => expect(follower.told).toEqual(expected));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([registry.close(), other.close()]);
    },
  };
}
