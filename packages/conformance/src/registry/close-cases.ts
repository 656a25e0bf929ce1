import { expect } from "vitest";
import { within } from "../patience.ts";
import type { Case } from "../suite.ts";
import { follow, followAtOnce } from "./follower.ts";
import type { RegistryHarness } from "./harness.ts";
import { freshName, nodeOf, recordOf } from "./records.ts";

/** How watches and registries end. */
export const closeCases: readonly Case<RegistryHarness>[] = [
  {
    name: "ends a watch without an error when its signal is aborted",
    async run(harness) {
      await using registry = await harness.open();
      const stop = new AbortController();
      const watch = await follow(registry, harness, { service: freshName(), signal: stop.signal });
      stop.abort();
      await watch.ended();
    },
  },
  {
    name: "ends a watch at once when its signal was aborted before",
    async run(harness) {
      await using registry = await harness.open();
      const watch = followAtOnce(registry, harness, { service: freshName(), signal: AbortSignal.abort() });
      await watch.ended();
      expect(watch.events).toEqual([]);
    },
  },
  {
    name: "ends a watch when its reader leaves the loop",
    async run(harness) {
      await using registry = await harness.open();
      await within(harness, "the watch to be left", async () => {
        for await (const event of registry.watch({ service: freshName() })) if (event.type === "sync") break;
      });
    },
  },
  {
    name: "ends its watches without an error when it is closed",
    async run(harness) {
      const registry = await harness.open();
      const watches = [
        await follow(registry, harness),
        await follow(registry, harness, { service: freshName(), signal: new AbortController().signal }),
      ];
      await registry.close();
      for (const watch of watches) await watch.ended();
    },
  },
  {
    name: "rejects every method with 503 when it is closed",
    async run(harness) {
      const registry = await harness.open();
      const record = recordOf(freshName(), [nodeOf(freshName(), 1)]);
      await registry.getService(record.name);
      await registry.close();
      const closed = { name: "MicroError", code: 503 };
      await expect(registry.register(record)).rejects.toMatchObject(closed);
      await expect(registry.deregister(record)).rejects.toMatchObject(closed);
      await expect(registry.getService(record.name)).rejects.toMatchObject(closed);
      await expect(registry.listServices()).rejects.toMatchObject(closed);
      const watch = (async () => registry.watch()[Symbol.asyncIterator]().next())();
      await expect(within(harness, "a watch to be refused", () => watch)).rejects.toMatchObject(closed);
    },
  },
  {
    name: "closes twice, at once and before it was used",
    async run(harness) {
      const unused = await harness.open();
      await unused.close();
      await unused.close();
      const used = await harness.open();
      await used.listServices();
      await Promise.all([used.close(), used.close()]);
      await used[Symbol.asyncDispose]();
    },
  },
  {
    name: "leaves another registry on the backend alone when it is closed",
    async run(harness) {
      const closing = await harness.open();
      await using staying = await harness.open();
      const name = freshName();
      const watch = await follow(staying, harness, { service: name });
      await closing.listServices();
      await closing.close();
      await staying.register(recordOf(name, [nodeOf(name, 1)]));
      await watch.until("the node", () => watch.nodes.has(`${name}-1`));
      await watch.stop();
    },
  },
];
