import { setTimeout as sleep } from "node:timers/promises";
import type { Registry } from "@micro/core";
import { etcdServer, requireServer, type TcpProxy, tcpProxy } from "@micro/testbed";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { etcd } from "../src/index.ts";
import { type Follower, follow, keepingLogger, type Rig, recordOf, rig } from "./rig.ts";

const available = await requireServer(etcdServer);
const patience = { timeout: 20_000, interval: 20 };
// A member that swallows everything costs a second, and there may be two of them between two renewals.
const ttlMs = 6_000;
const beyondTtlMs = 1.3 * ttlMs;

describe.skipIf(!available)("etcdRegistry that was given one member of three", { timeout: 60_000 }, () => {
  let it3: Rig;
  beforeAll(async () => {
    it3 = await rig({ members: 3 });
  }, 60_000);
  afterAll(() => it3?.close());

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
    const scene = await begin(it3);
    await hurt(it3);
    try {
      await sleep(beyondTtlMs);
      await scene.expectKept();
    } finally {
      await heal(it3);
    }
    await scene.expectKept();
  });

  it("is not connected to the others as long as the one serves", async () => {
    const scene = await begin(it3);
    await scene.expectKept();
    expect(it3.cables.slice(1).map((cable) => cable.connections)).toEqual([0, 0]);
  });

  it("uses the others although some of them cannot be reached", async () => {
    const scene = await begin(it3);
    it3.cables[0]?.blackhole();
    it3.cables[1]?.blackhole();
    try {
      await sleep(beyondTtlMs);
      await scene.expectKept();
    } finally {
      for (const cable of it3.cables) cable.heal();
    }
  });

  it("loses its node when it must not look for other members", async () => {
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

  it("logs in at the others with its own name and password", async () => {
    await using guarded = await rig({ members: 3 });
    const { etcdctl } = guarded.cluster;
    await etcdctl("user", "add", "root:root");
    await etcdctl("user", "grant-role", "root", "root");
    await etcdctl("auth", "enable");
    const auth = { username: "root", password: "root" };
    const scene = await begin(guarded, { auth });
    guarded.cluster.members[0]?.freeze();
    await sleep(beyondTtlMs);
    const registry = guarded.open({ auth, addresses: guarded.addresses.slice(1) });
    expect(await registry.getService(scene.service)).toHaveLength(1);
    await registry.register(recordOf(scene.service, "later-1"));
    await expect.poll(() => [...scene.follower.ids], patience).toEqual(["own-1", "later-1"]);
    expect(scene.follower.told).toEqual(["sync", "create own-1", "create later-1"]);
  });
});

describe.skipIf(!available)(
  "etcdRegistry whose cluster names an address of another cluster",
  { timeout: 60_000 },
  () => {
    let ours: Rig;
    let theirs: Rig;
    let revision: number;
    beforeAll(async () => {
      [ours, theirs] = await Promise.all([rig({ members: 3 }), rig()]);
      await theirs.cluster.etcdctl("put", "/micro/registry/foreign/foreign-1", "{}");
    }, 60_000);
    beforeEach(async () => {
      revision = await theirs.revision();
    });
    afterAll(async () => {
      await ours?.close();
      await theirs?.close();
    });

    /** The other cluster takes over the port of one of our members. */
    async function occupy(index: number): Promise<TcpProxy> {
      const [cable, target] = [ours.cables[index], theirs.cluster.addresses[0]];
      if (!cable || !target) throw new Error(`no member ${index}`);
      await cable.close();
      const usurper = await tcpProxy({ target, port: cable.port });
      onTestFinished(async () => {
        await usurper.close();
        await cable.accept();
      });
      return usurper;
    }

    async function expectUntouched(): Promise<void> {
      expect(await theirs.revision()).toBe(revision);
      expect(await theirs.leases()).toEqual([]);
    }

    it("uses the members that are ours, and says once that one is not", async () => {
      const scene = await begin(ours);
      await occupy(1);
      ours.cables[0]?.blackhole();
      onTestFinished(() => ours.cables[0]?.heal());
      await sleep(beyondTtlMs);
      await scene.expectKept();
      // Whichever was tried first: now both are.
      await ours.cables[2]?.refuse();
      await expect.poll(() => foreigners(scene), patience).toHaveLength(1);
      await ours.cables[2]?.accept();
      await scene.expectKept();
      await expectUntouched();
      expect(foreigners(scene)).toHaveLength(1);
    });

    it("writes nothing when only the other cluster is left, and says what it found", async () => {
      const scene = await begin(ours, { timeoutMs: 1_500 });
      await occupy(1);
      await occupy(2);
      ours.cables[0]?.blackhole();
      onTestFinished(() => ours.cables[0]?.heal());
      const record = recordOf(scene.service, "lost-1");
      await expect(scene.registry.register(record)).rejects.toMatchObject({ code: 503 });
      await expect(scene.registry.getService("foreign")).rejects.toMatchObject({ code: 503 });
      await expectUntouched();
      expect(foreigners(scene)).toHaveLength(2);
      for (const address of ours.addresses.slice(1))
        expect(foreigners(scene)).toContainEqual(
          expect.stringMatching(
            `^warn etcd cluster [0-9a-f]+ names ${address} as a member, but cluster [0-9a-f]+ answers there; not using it$`,
          ),
        );
      ours.cables[0]?.heal();
      await expect.poll(() => ours.keys(`/micro/registry/${scene.service}/`), patience).toHaveLength(2);
    });

    it("leaves an address at once when the other cluster takes it over", async () => {
      const scene = await begin(ours);
      for (const cable of ours.cables.slice(0, 2)) await cable.refuse();
      onTestFinished(() => Promise.all(ours.cables.slice(0, 2).map((cable) => cable.accept())).then(() => undefined));
      await expect.poll(() => ours.cables[2]?.connections, patience).toBeGreaterThan(0);
      await scene.expectKept();
      await occupy(2);
      await sleep(beyondTtlMs);
      await expectUntouched();
      await ours.cables[0]?.accept();
      await expect.poll(() => [...scene.follower.ids].sort(), patience).toEqual(["other-2", "own-1"]);
    });
  },
);

function foreigners({ lines }: Scene): string[] {
  return lines.filter((line) => line.includes("answers there"));
}

let number = 0;

interface Scene {
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
  onTestFinished(async () => {
    await Promise.all([registry.close(), other.close()]);
  });
  const follower = await follow(registry, { service });
  await registry.register(recordOf(service, "own-1"), { ttlMs });
  await expect.poll(() => follower.told, patience).toEqual(["sync", "create own-1"]);
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
      await expect.poll(() => follower.told, patience).toEqual(expected);
    },
  };
}
