import type { Registry, ServiceRecord } from "@micro/core";
import { expect } from "vitest";
import { eventually } from "../patience.ts";
import type { Case } from "../suite.ts";
import type { RegistryHarness } from "./harness.ts";
import { comparable, freshName, nodeOf, recordOf } from "./records.ts";

/** What `register`, `deregister`, `getService` and `listServices` promise. */
export const recordCases: readonly Case<RegistryHarness>[] = [
  {
    name: "gives a registered record back to another registry",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const name = freshName();
      const record = recordOf(name, [nodeOf(name, 1)], { metadata: { owner: "test" } });
      await here.register(record);
      await expectService(there, harness, name, [record]);
    },
  },
  {
    name: "knows nothing of a service that nobody registered",
    async run(harness) {
      await using registry = await harness.open();
      expect(await registry.getService(freshName())).toEqual([]);
    },
  },
  {
    name: "merges the nodes of one version into one record",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const name = freshName();
      const nodes = [nodeOf(name, 1), nodeOf(name, 2), nodeOf(name, 3)];
      await here.register(recordOf(name, nodes.slice(0, 1)));
      await there.register(recordOf(name, nodes.slice(1)));
      await expectService(here, harness, name, [recordOf(name, nodes)]);
    },
  },
  {
    name: "gives one record for each version",
    skip: (harness) => (harness.keepsVersions === false ? "the backend keeps one version a service" : undefined),
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      const old = recordOf(name, [nodeOf(name, 1)], { version: "1.0.0" });
      const current = recordOf(name, [nodeOf(name, 2), nodeOf(name, 3)], { version: "2.0.0" });
      await registry.register(old);
      await registry.register(current);
      await expectService(registry, harness, name, [old, current]);
    },
  },
  {
    name: "keeps a node once however often it is registered",
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      const record = recordOf(name, [nodeOf(name, 1)]);
      for (let i = 0; i < 3; i++) await registry.register(record);
      await expectService(registry, harness, name, [record]);
    },
  },
  {
    name: "replaces a node's address and metadata when it is registered with others",
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      await registry.register(recordOf(name, [nodeOf(name, 1, { zone: "a" })]));
      const moved = recordOf(name, [{ ...nodeOf(name, 1, { zone: "b" }), address: "127.0.0.1:9" }]);
      await registry.register(moved);
      await expectService(registry, harness, name, [moved]);
    },
  },
  {
    name: "removes only the node that is deregistered",
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      const [left, right] = [nodeOf(name, 1), nodeOf(name, 2)];
      await registry.register(recordOf(name, [left]));
      await registry.register(recordOf(name, [right]));
      await registry.deregister(recordOf(name, [left]));
      await expectService(registry, harness, name, [recordOf(name, [right])]);
    },
  },
  {
    name: "forgets a service with its last node",
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      const record = recordOf(name, [nodeOf(name, 1)]);
      await registry.register(record);
      await registry.deregister(record);
      await expectService(registry, harness, name, []);
      await eventually(harness, async () => {
        expect((await registry.listServices()).map((service) => service.name)).not.toContain(name);
      });
    },
  },
  {
    name: "deregisters what is not there without an error",
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      const record = recordOf(name, [nodeOf(name, 1)]);
      await registry.deregister(record);
      await registry.register(record);
      await registry.deregister(record);
      await registry.deregister(record);
      await expectService(registry, harness, name, []);
    },
  },
  {
    name: "lists services ordered by name",
    async run(harness) {
      await using registry = await harness.open();
      const prefix = freshName();
      const names = ["c", "a", "b"].map((letter) => `${prefix}-${letter}`);
      for (const name of names) await registry.register(recordOf(name, [nodeOf(name, 1)]));
      await eventually(harness, async () => {
        const listed = (await registry.listServices()).map((record) => record.name);
        expect(listed).toEqual([...listed].sort());
        expect(listed.filter((name) => name.startsWith(prefix))).toEqual([...names].sort());
      });
    },
  },
  {
    name: "lists one record for each name and version, with its nodes",
    skip: (harness) => (harness.listHasNodes === false ? "the backend lists names only" : undefined),
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      const versions = harness.keepsVersions === false ? ["1.0.0"] : ["1.0.0", "2.0.0"];
      const records = versions.map((version, i) =>
        recordOf(name, [nodeOf(name, 2 * i), nodeOf(name, 2 * i + 1)], { version }),
      );
      for (const record of records) await registry.register(record);
      await eventually(harness, async () => {
        const listed = (await registry.listServices()).filter((record) => record.name === name);
        expect(comparable(listed, harness)).toEqual(comparable(records, harness));
      });
    },
  },
  {
    name: "takes service names with odd characters",
    async run(harness) {
      await using registry = await harness.open();
      const names = (harness.oddNames ?? oddNames).map((odd) => `${freshName()}${odd}`);
      for (const name of names) await registry.register(recordOf(name, [nodeOf(name, 1)]));
      for (const name of names) await expectService(registry, harness, name, [recordOf(name, [nodeOf(name, 1)])]);
      for (const name of names) await registry.deregister(recordOf(name, [nodeOf(name, 1)]));
      for (const name of names) await expectService(registry, harness, name, []);
    },
  },
  {
    name: "does not take one service for another whose name begins the same",
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      const longer = [`${name}x`, `${name}.x`, `${name}-x`];
      for (const other of longer) await registry.register(recordOf(other, [nodeOf(other, 1)]));
      await expectService(registry, harness, `${name}x`, [recordOf(`${name}x`, [nodeOf(`${name}x`, 1)])]);
      expect(await registry.getService(name)).toEqual([]);
    },
  },
  {
    name: "keeps every character of metadata",
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      const metadata = { html: "<a href='?x&y'>", quotes: '"\\\n\t', unicode: "Grüße 世界 🎉 \u2028", empty: "" };
      const record = recordOf(name, [nodeOf(name, 1, metadata)]);
      await registry.register(record);
      await expectService(registry, harness, name, [record]);
    },
  },
  {
    name: "keeps what was registered when the caller changes its object afterwards",
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      const metadata: Record<string, string> = { zone: "a" };
      const node = { id: `${name}-1`, address: "127.0.0.1:1", metadata };
      await registry.register(recordOf(name, [node]));
      metadata.zone = "b";
      const registered = recordOf(name, [{ ...node, metadata: { zone: "a" } }]);
      await expectService(registry, harness, name, [registered]);
    },
  },
];

const oddNames = ["/with/slashes", " with space", "%2Fpercent", ".UPPER", "-ümläut"];

async function expectService(
  registry: Registry,
  harness: RegistryHarness,
  name: string,
  expected: readonly ServiceRecord[],
): Promise<void> {
  // Backends answer from replicas that may be a moment behind what another one has stored.
  await eventually(harness, async () => {
    expect(comparable(await registry.getService(name), harness)).toEqual(comparable(expected, harness));
  });
}
