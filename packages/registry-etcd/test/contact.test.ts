import { registryCache } from "@micro/core";
import { etcdServer, requireServer } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { follow, type Rig, recordOf, rig } from "./rig.ts";

const available = await requireServer(etcdServer);
const patience = { timeout: 20_000, interval: 20 };

describe.skipIf(!available)("a watch of etcdRegistry that loses touch", { timeout: 60_000 }, () => {
  let it3: Rig;
  beforeAll(async () => {
    it3 = await rig({ members: 3 });
  }, 60_000);
  afterAll(() => it3?.close());

  it("lets a cache say how old its nodes are", async () => {
    await using registry = it3.open();
    await registry.register(recordOf("cached", "cached-1"));
    await using cache = registryCache(registry);
    await cache.get("cached");
    await registry.register(recordOf("cached", "cached-2"));
    const fresh = { nodes: 2, stale: false, ageMs: 0 };
    await expect.poll(() => cache.status("cached"), patience).toEqual(fresh);
    for (const cable of it3.cables) cable.blackhole();
    try {
      await expect.poll(() => cache.status("cached"), patience).toMatchObject({ nodes: 2, stale: true });
      const ageMs = cache.status("cached")?.ageMs ?? 0;
      await expect.poll(() => cache.status("cached")?.ageMs, patience).toBeGreaterThan(ageMs);
    } finally {
      for (const cable of it3.cables) cable.heal();
    }
    await expect.poll(() => cache.status("cached"), patience).toEqual(fresh);
  });

  it("is back in touch when another member takes over", async () => {
    // What an earlier registry held is no guide to the member that this one uses.
    await expect.poll(() => it3.cables.map((cable) => cable.connections), patience).toEqual([0, 0, 0]);
    await using registry = it3.open();
    const contacts: boolean[] = [];
    await follow(registry, { service: "moved", onContact: (inTouch) => void contacts.push(inTouch) });
    const { member } = it3.carrier();
    member.freeze();
    try {
      await expect.poll(() => contacts, patience).toEqual([false, true]);
    } finally {
      member.thaw();
    }
  });

  it("is out of touch while the only member left serves old records", async () => {
    await using registry = it3.open();
    await registry.register(recordOf("old", "old-1"));
    const [first, second] = it3.cluster.members;
    first?.freeze();
    second?.freeze();
    const contacts: boolean[] = [];
    try {
      await expect.poll(() => registry.getService("old"), patience).toHaveLength(1);
      await follow(registry, { service: "old", onContact: (inTouch) => void contacts.push(inTouch) });
      await expect.poll(() => contacts.at(-1), patience).toBe(false);
    } finally {
      first?.thaw();
      second?.thaw();
    }
    await expect.poll(() => contacts.at(-1), patience).toBe(true);
  });
});
