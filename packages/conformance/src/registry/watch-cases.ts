import { expect } from "vitest";
import { within } from "../patience.ts";
import type { Case } from "../suite.ts";
import { follow, followAtOnce } from "./follower.ts";
import type { RegistryHarness } from "./harness.ts";
import { comparable, freshName, nodeOf, recordOf } from "./records.ts";

/** What `watch` promises. */
export const watchCases: readonly Case<RegistryHarness>[] = [
  {
    name: "begins a watch with all that is registered",
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      const record = recordOf(name, [nodeOf(name, 1), nodeOf(name, 2)]);
      await registry.register(record);
      for (const options of [{ service: name }, {}]) {
        const watch = await follow(registry, harness, options);
        // The first sync of a backend with replicas may come before the record does.
        await watch.until("both nodes", () => watch.nodes.has(`${name}-1`) && watch.nodes.has(`${name}-2`));
        const first = watch.events[0];
        if (first?.type === "sync" && first.records.some((found) => found.name === name))
          expect(
            comparable(
              first.records.filter((found) => found.name === name),
              harness,
            ),
          ).toEqual(comparable([record], harness));
        await watch.stop();
      }
    },
  },
  {
    name: "begins a watch of an unknown service with an empty sync",
    async run(harness) {
      await using registry = await harness.open();
      const watch = await follow(registry, harness, { service: freshName() });
      expect(watch.events[0]).toEqual({ type: "sync", records: [] });
      await watch.stop();
    },
  },
  {
    name: "tells of a node that comes, changes and goes as create, update and delete",
    async run(harness) {
      await using registry = await harness.open();
      await using writer = await harness.open();
      const name = freshName();
      const watch = await follow(registry, harness, { service: name });
      const before = recordOf(name, [nodeOf(name, 1, { zone: "a" })]);
      const after = recordOf(name, [nodeOf(name, 1, { zone: "b" })]);
      await writer.register(before);
      await watch.until("the node that came", () => watch.nodes.has(`${name}-1`));
      await writer.register(after);
      await watch.until("the changed metadata", () => watch.nodes.get(`${name}-1`)?.metadata.zone === "b");
      await writer.deregister(after);
      await watch.until("the node gone", () => watch.nodes.size === 0);
      const [, ...changes] = watch.events;
      expect(changes.map((event) => event.type)).toEqual(["create", "update", "delete"]);
      const records = changes.flatMap((event) => (event.type === "sync" ? [] : [event.record]));
      expect(comparable(records.slice(0, 2), harness)).toEqual(comparable([before, after], harness));
      expect(records.map((record) => [record.name, record.nodes.map((node) => node.id)])).toEqual(
        records.map(() => [name, [`${name}-1`]]),
      );
      await watch.stop();
    },
  },
  {
    name: "names only the node concerned when one of several changes",
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      await registry.register(recordOf(name, [nodeOf(name, 1), nodeOf(name, 2), nodeOf(name, 3)]));
      const watch = await follow(registry, harness, { service: name });
      await watch.until("three nodes", () => watch.nodes.size === 3);
      const seen = watch.events.length;
      await registry.deregister(recordOf(name, [nodeOf(name, 2)]));
      await watch.until("one node less", () => watch.nodes.size < 3);
      expect([...watch.nodes.keys()].sort()).toEqual([`${name}-1`, `${name}-3`]);
      expect(watch.events.slice(seen)).toMatchObject([
        { type: "delete", record: { name, nodes: [{ id: `${name}-2` }] } },
      ]);
      await watch.stop();
    },
  },
  {
    name: "tells a watch of one service nothing of others",
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      const others = [freshName(), `${name}x`, `${name}.x`];
      const watch = await follow(registry, harness, { service: name });
      const all = await follow(registry, harness);
      for (const other of others) await registry.register(recordOf(other, [nodeOf(other, 1)]));
      await all.until("the other services", () => others.every((other) => all.nodes.has(`${other}-1`)));
      await registry.register(recordOf(name, [nodeOf(name, 1)]));
      await watch.until("the watched service", () => watch.nodes.has(`${name}-1`));
      const told = watch.events.flatMap((event) => (event.type === "sync" ? event.records : [event.record]));
      expect(told.filter((record) => record.name !== name)).toEqual([]);
      await watch.stop();
      await all.stop();
    },
  },
  {
    name: "tells two watches the same, and one goes on when the other ends",
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      const first = await follow(registry, harness, { service: name });
      const second = await follow(registry, harness, { service: name });
      await registry.register(recordOf(name, [nodeOf(name, 1)]));
      await first.until("node 1", () => first.nodes.has(`${name}-1`));
      await second.until("node 1", () => second.nodes.has(`${name}-1`));
      await first.stop();
      await registry.register(recordOf(name, [nodeOf(name, 2)]));
      await second.until("node 2", () => second.nodes.has(`${name}-2`));
      expect(first.nodes.has(`${name}-2`)).toBe(false);
      await second.stop();
    },
  },
  {
    name: "gives each iteration of one watch a sync of its own",
    async run(harness) {
      await using registry = await harness.open();
      const watched = registry.watch({ service: freshName() });
      const first: string[] = [];
      for (let i = 0; i < 2; i++) {
        await within(harness, `the first event of iteration ${i + 1}`, async () => {
          for await (const event of watched) {
            first.push(event.type);
            break;
          }
        });
      }
      expect(first).toEqual(["sync", "sync"]);
    },
  },
  {
    name: "loses nothing between the sync and the changes",
    async run(harness) {
      await using registry = await harness.open();
      await using writer = await harness.open();
      const name = freshName();
      const count = 20;
      const watches = [];
      for (let i = 0; i < count; i++) {
        // The watch starts and the node is registered with nothing but luck to order them.
        watches.push(followAtOnce(registry, harness, { service: name }));
        await writer.register(recordOf(name, [nodeOf(name, i)]));
      }
      for (const watch of watches) {
        await watch.until(`all ${count} nodes`, () => watch.nodes.size === count);
        await watch.stop();
      }
    },
  },
  {
    name: "does not bring back a node that is removed while a watch begins",
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      const count = 10;
      const watches = [];
      for (let i = 0; i < count; i++) await registry.register(recordOf(name, [nodeOf(name, i)]));
      for (let i = 0; i < count; i++) {
        watches.push(followAtOnce(registry, harness, { service: name }));
        await registry.deregister(recordOf(name, [nodeOf(name, i)]));
      }
      await registry.register(recordOf(name, [nodeOf(name, count)]));
      for (const watch of watches) {
        await watch.until("only the last node", () => watch.nodes.size === 1 && watch.nodes.has(`${name}-${count}`));
        await watch.stop();
      }
    },
  },
  {
    name: "tells of many nodes that are registered at once",
    async run(harness) {
      await using registry = await harness.open();
      await using writer = await harness.open();
      const name = freshName();
      const count = harness.manyNodes ?? 500;
      const watch = await follow(registry, harness, { service: name });
      const nodes = Array.from({ length: count }, (_, i) => nodeOf(name, i));
      await Promise.all(nodes.map((node) => writer.register(recordOf(name, [node]))));
      await watch.until(`${count} nodes`, () => watch.nodes.size === count);
      await Promise.all(nodes.slice(1).map((node) => writer.deregister(recordOf(name, [node]))));
      await watch.until("one node left", () => watch.nodes.size === 1);
      expect([...watch.nodes.keys()]).toEqual([`${name}-0`]);
      await watch.stop();
    },
  },
  {
    name: "tells a reader that was slow everything in order",
    async run(harness) {
      await using registry = await harness.open();
      await using writer = await harness.open();
      const name = freshName();
      const iterator = registry.watch({ service: name })[Symbol.asyncIterator]();
      await iterator.next();
      const quick = await follow(registry, harness, { service: name });
      for (let turn = 0; turn < 10; turn++) {
        await writer.register(recordOf(name, [nodeOf(name, 1, { turn: String(turn) })]));
        await quick.until(`turn ${turn}`, () => quick.nodes.get(`${name}-1`)?.metadata.turn === String(turn));
      }
      let last = -1;
      while (last < 9) {
        const next = await iterator.next();
        if (next.done) throw new Error(`the watch ended after turn ${last}`);
        const records = next.value.type === "sync" ? next.value.records : [next.value.record];
        const turn = Number(records[0]?.nodes[0]?.metadata.turn);
        // A sync may stand for changes that the reader was too slow for; nothing else may skip one.
        if (next.value.type === "sync") expect(turn).toBeGreaterThan(last);
        else expect(turn).toBe(last + 1);
        last = turn;
      }
      await iterator.return?.();
      await quick.stop();
    },
  },
];
