import { expect } from "vitest";
import { eventually } from "../patience.ts";
import type { Case } from "../suite.ts";
import { follow } from "./follower.ts";
import type { RegistryHarness } from "./harness.ts";
import { freshName, nodeOf, recordOf } from "./records.ts";

/** What a time to live promises. */
export const ttlCases: readonly Case<RegistryHarness>[] = [
  {
    name: "removes a node that is not renewed within its time to live, and tells watches",
    skip: (harness) =>
      needsTtl(harness) ?? (harness.renewsItself ? "the registry renews what it registered by itself" : undefined),
    async run(harness) {
      await using registry = await harness.open();
      const ttlMs = ttlOf(harness);
      const name = freshName();
      await registry.register(recordOf(name, [nodeOf(name, 1)]), { ttlMs });
      await registry.register(recordOf(name, [nodeOf(name, 2)]));
      const watch = await follow(registry, harness, { service: name });
      await watch.until("both nodes", () => watch.nodes.size === 2);
      await harness.elapse(ttlMs);
      await watch.until("the end of the node", () => !watch.nodes.has(`${name}-1`));
      expect(watch.events.at(-1)).toMatchObject({ type: "delete", record: { name, nodes: [{ id: `${name}-1` }] } });
      await eventually(harness, async () => {
        const ids = (await registry.getService(name)).flatMap((record) => record.nodes.map((node) => node.id));
        expect(ids).toEqual([`${name}-2`]);
      });
      await watch.stop();
    },
  },
  {
    name: "keeps a node that is renewed in time",
    skip: needsTtl,
    async run(harness) {
      await using registry = await harness.open();
      const ttlMs = ttlOf(harness);
      const name = freshName();
      const record = recordOf(name, [nodeOf(name, 1)]);
      await registry.register(record, { ttlMs });
      const watch = await follow(registry, harness, { service: name });
      await watch.until("the node", () => watch.nodes.size === 1);
      for (let i = 0; i < 3; i++) {
        await harness.elapse(ttlMs * 0.6);
        await registry.register(record, { ttlMs });
      }
      expect(await registry.getService(name)).toHaveLength(1);
      expect(watch.events.filter((event) => event.type === "delete")).toEqual([]);
      await watch.stop();
    },
  },
  {
    name: "does not bring a deregistered node back when its time to live would have been renewed",
    skip: needsTtl,
    async run(harness) {
      await using registry = await harness.open();
      const ttlMs = ttlOf(harness);
      const name = freshName();
      const record = recordOf(name, [nodeOf(name, 1)]);
      await registry.register(record, { ttlMs });
      await registry.deregister(record);
      const watch = await follow(registry, harness, { service: name });
      await watch.until("no node", () => watch.nodes.size === 0);
      const seen = watch.events.length;
      await harness.elapse(ttlMs * 1.5);
      expect(watch.events.slice(seen)).toEqual([]);
      expect(await registry.getService(name)).toEqual([]);
      await watch.stop();
    },
  },
  {
    name: "lets a node registered again live as long as it says the last time",
    skip: (harness) =>
      needsTtl(harness) ?? (harness.renewsItself ? "the registry renews what it registered by itself" : undefined),
    async run(harness) {
      await using registry = await harness.open();
      const ttlMs = ttlOf(harness);
      const name = freshName();
      const record = recordOf(name, [nodeOf(name, 1)]);
      await registry.register(record, { ttlMs });
      await registry.deregister(record);
      await registry.register(record, { ttlMs: ttlMs * 3 });
      await harness.elapse(ttlMs * 1.5);
      expect(await registry.getService(name)).toHaveLength(1);
    },
  },
  {
    name: "removes the nodes of a process that died after their time to live, and tells watches",
    skip: (harness) => needsTtl(harness) ?? (harness.crash ? undefined : "the backend does not notice"),
    async run(harness) {
      await using witness = await harness.open();
      const dying = await harness.open();
      const ttlMs = ttlOf(harness);
      const name = freshName();
      await dying.register(recordOf(name, [nodeOf(name, 1)]), { ttlMs });
      const watch = await follow(witness, harness, { service: name });
      await watch.until("the node", () => watch.nodes.size === 1);
      await harness.crash?.(dying);
      await harness.elapse(ttlMs);
      await watch.until("the end of the node", () => watch.nodes.size === 0);
      expect(watch.events.at(-1)).toMatchObject({ type: "delete", record: { name, nodes: [{ id: `${name}-1` }] } });
      await eventually(harness, async () => expect(await witness.getService(name)).toEqual([]));
      await watch.stop();
    },
  },
];

function needsTtl(harness: RegistryHarness): string | undefined {
  return harness.minTtlMs === undefined ? "the backend's records have no time to live" : undefined;
}

function ttlOf({ minTtlMs }: RegistryHarness): number {
  if (minTtlMs === undefined) throw new Error("a case that needs a time to live ran without one");
  return minTtlMs;
}
